"""Remove what the commands made, except the downloaded packages: `make clean`."""

import shutil

import postgres
from common import DATA, HOST, LOGS, VENV, main, say, step


def clean(_args):
    """Drop our databases, then remove the cluster and the environment."""
    if not HOST.exists():
        return 0
    if postgres.own_server():
        with postgres.database_server():
            postgres.drop_all("suite_")
            postgres.drop_all("crm_suite_demo")
    else:
        cluster = postgres.Cluster()
        if cluster.data.exists() and cluster.running():
            cluster.stop()
        shutil.rmtree(cluster.folder, ignore_errors=True)
    with step("Removing files"):
        for folder in (DATA, LOGS, VENV, HOST / "odoo"):
            shutil.rmtree(folder, ignore_errors=True)
        for lock in HOST.glob("*.lock"):
            lock.unlink()
    say("The downloaded packages stay in .host/apt; delete .host to be rid of them too.")
    return 0


if __name__ == "__main__":
    main(clean)
