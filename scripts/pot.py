"""Write each addon's translation template: `make pot`."""

import databases
import postgres
from common import ADDONS, CONFIG, LOGS, ODOO, PYTHON, ROOT, main, run, say
from host import ensure_host


def write_templates(_args):
    """Export the strings of every addon to i18n/<addon>.pot, without dates that change each time."""
    ensure_host()
    with postgres.database_server():
        database = databases.template(list(ADDONS))
        for addon in ADDONS:
            path = databases.folder_of(addon) / "i18n" / f"{addon}.pot"
            path.parent.mkdir(exist_ok=True)
            command = [PYTHON, ODOO, f"--addons-path={databases.addons_path()}", "i18n", "export", addon]
            command += ["-c", CONFIG, "-d", database, "-l", "pot"]
            run(command, cwd=ROOT, log=LOGS / "pot.log", error=f"The strings of {addon} cannot be exported.")
            lines = path.read_text().splitlines(keepends=True)
            path.write_text("".join(line for line in lines if "-Date: " not in line))
            say(f"  {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    main(write_templates)
