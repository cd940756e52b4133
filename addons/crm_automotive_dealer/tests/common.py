import json
from unittest.mock import patch

from odoo import fields
from odoo.tests import TransactionCase, new_test_user

from odoo.addons.crm_automotive_dealer.models.crm_exchange_peer_http import PULL
from odoo.addons.crm_automotive_dealer.tools import webhook
from odoo.addons.crm_automotive_dealer.tools.network import Answer
from odoo.addons.crm_core.tests.common import CronCase

GROUP = "crm_automotive_dealer.group_crm_automotive_dealer_"
HTTP = "odoo.addons.crm_automotive_dealer.models.crm_exchange_peer_http.CrmExchangePeer"
VIN = "WVWZZZ1KZAW123456"


def make_cast(cls):
    """Give a test class the cast of the tests.

    dealer company      maker company       other dealer
    Dora  dealer user   Max  maker user     Olga  dealer manager
    Dan   manager       Mia  manager
    customer Carla (of the dealer); exchange administrator Xavi of both
    """
    env = cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True, mail_create_nosubscribe=True))
    companies = env["res.company"].create(
        [{"name": f"{name} test", "country_id": env.ref("base.es").id} for name in ("Dealer", "Maker", "Other dealer")]
    )
    cls.dealer, cls.maker, cls.other = companies
    env.user.company_ids += companies
    env.user.company_id = cls.dealer

    def user(login, role, *of):
        return new_test_user(env, login, GROUP + role, company_id=of[0].id, company_ids=[c.id for c in of])

    cls.dora = user("dora", "user", cls.dealer)
    cls.dan = user("dan", "manager", cls.dealer)
    cls.max = user("max", "maker_user", cls.maker)
    cls.mia = user("mia", "maker_manager", cls.maker)
    cls.olga = user("olga", "manager", cls.other)
    cls.xavi = user("xavi", "exchange_admin", cls.dealer, cls.maker)
    cls.carla = env["res.partner"].create(
        {
            "name": "Carla Vives Roca",
            "email": "carla.vives@example.com",
            "phone": "+34 600 000 199",
            "company_id": cls.dealer.id,
        }
    )
    cls.brand = env["fleet.vehicle.model.brand"].create({"name": "Testa"})
    cls.model = env["fleet.vehicle.model"].create({"name": "Uno", "brand_id": cls.brand.id})
    cls.vehicle = env["automotive.vehicle"].create(
        {
            "vin": VIN,
            "plate": "1234 KLM",
            "model_id": cls.model.id,
            "model_year": 2024,
            "odometer": 18234,
            "company_id": cls.dealer.id,
        }
    )


class DealerCommon(CronCase, TransactionCase):
    """Tests with the cast, see :func:`make_cast`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        make_cast(cls)

    # ------------------------------------------------------------
    # Exchange
    # ------------------------------------------------------------

    @classmethod
    def _connect(cls, **values):
        """Connect the dealer with the maker inside this database; return the dealer's end."""
        link = cls.env["crm.exchange.peer"].create(
            {
                "name": "Testa Motors",
                "company_id": cls.dealer.id,
                "role": "maker",
                "transport": "internal",
                "remote_company_id": cls.maker.id,
                "local_key": "ES-0471",
                "remote_key": "TESTA",
                **values,
            }
        )
        link.with_user(cls.xavi).with_context(allowed_company_ids=cls.xavi.company_ids.ids).action_connect()
        return link

    def _run_exchange(self, rounds=4):
        """Run the crons until nothing is due."""
        messages = self.env["crm.exchange.message"]
        for _round in range(rounds):
            due = messages.search([("state", "in", ("pending", "retry")), ("next_try_at", "<=", fields.Datetime.now())])
            if not due:
                break
            for shard in sorted(set(due.mapped("shard"))):
                self._run_cron(f"crm_automotive_dealer.ir_cron_exchange_{shard}")

    def _feedback(self, user=None, **values):
        """Return a draft feedback that the dealer's user took."""
        user = user or self.dora
        return (
            self.env["automotive.feedback"]
            .with_user(user)
            .create(
                {
                    "kind": "complaint",
                    "text": "The screen goes dark. Call Carla Vives (600 000 199, carla.vives@example.com), 1234-KLM.",
                    "vehicle_id": self.vehicle.id,
                    "partner_id": self.carla.id,
                    **values,
                }
            )
        )

    def _messages(self, record):
        """Return the messages about a record, oldest first."""
        domain = [("res_model", "=", record._name), ("res_id", "=", record.id)]
        return self.env["crm.exchange.message"].search(domain, order="id")

    def _case(self, feedback):
        return self.env["automotive.oem.case"].search([("uuid", "=", feedback.uuid)])

    def _agree(self, decision="granted"):
        self.carla.with_company(self.dealer)._record_consent("oem_share_feedback", decision, "test")


class LineCommon(DealerCommon):
    """Dealer and maker as two databases would be connected; a function carries what they post to each other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param("crm_exchange.allow_private", "1")
        there, back = webhook.new_secret(), webhook.new_secret()
        cls.link, cls.far = cls.env["crm.exchange.peer"].create(
            [
                {
                    "name": "Maker", "company_id": cls.dealer.id, "role": "maker", "transport": "http",
                    "url": "http://127.0.0.1:9", "local_key": "D1", "remote_key": "M1",
                    "secret_out": there, "secret_in": back,
                },
                {
                    "name": "Dealer", "company_id": cls.maker.id, "role": "dealer", "transport": "http",
                    "url": "http://127.0.0.1:9", "local_key": "M1", "remote_key": "D1",
                    "secret_out": back, "secret_in": there,
                },
            ]
        )  # fmt: skip
        (cls.link + cls.far).action_connect()

    def setUp(self):
        super().setUp()
        self.questions = []
        self.lose_results = False
        ends = {self.link.id: self.far.id, self.far.id: self.link.id}

        def line(peer, path, message_uuid, raw, longest=None):
            """Carry a request to the other end."""
            other = peer.sudo().browse(ends[peer.id])
            if path != PULL:
                status, body = other._receive(raw, message_uuid)
                return Answer(status, body, error=body.get("reason") or "")
            self.questions.append(json.loads(raw))
            if self.lose_results and self.questions[-1]["results"]:
                return Answer(0, error="ConnectionError")
            return Answer(*other._hand_out(raw))

        self.startPatcher(patch(f"{HTTP}._post", line))
