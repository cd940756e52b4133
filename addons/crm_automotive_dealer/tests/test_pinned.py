import datetime
import ssl
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from odoo.tests import BaseCase, tagged

from odoo.addons.crm_automotive_dealer.tools import pinned

NAME = "maker.test"


def make_certificate(folder):
    """Write a certificate for NAME, signed by itself; return its file with the key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    start = datetime.datetime(2020, 1, 1)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), start)
    certificate = (
        builder.not_valid_after(start + datetime.timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = Path(folder) / "server.pem"
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


class Answering(BaseHTTPRequestHandler):
    """Say which host was asked for."""

    def do_POST(self):
        body = self.headers["Host"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""


@tagged("post_install", "-at_install")
class TestPinned(BaseCase):
    """The connection goes to the checked address; the certificate must be the name's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.certificate = make_certificate(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.server = HTTPServer(("127.0.0.1", 0), Answering)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cls.certificate)
        cls.server.socket = context.wrap_socket(cls.server.socket, server_side=True)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)

    def _post(self, name):
        client, url, headers = pinned.session(f"https://{name}:{self.server.server_port}/a", "127.0.0.1")
        with client:
            return client.post(url, data=b"x", headers=headers, timeout=5, verify=str(self.certificate)).text

    def test_the_name_is_not_resolved_again(self):
        """The name has no address at all; only the one that was checked is used."""
        self.assertEqual(self._post(NAME), f"{NAME}:{self.server.server_port}")

    def test_another_name_is_refused(self):
        with self.assertRaises(requests.exceptions.SSLError):
            self._post("other.test")
