import base64

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ..tools import adf
from .common import DealerCommon


@tagged("post_install", "-at_install")
class TestAdfOut(DealerCommon):
    """An opportunity leaves as ADF, by mail or as a file."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.env["crm.lead"].create(
            {
                "name": "Carla & the Uno",
                "type": "opportunity",
                "partner_id": cls.carla.id,
                "company_id": cls.dealer.id,
                "user_id": cls.dora.id,
                "pipeline_id": cls.env.ref("crm_automotive_dealer.crm_pipeline_car_sale").id,
            }
        )
        cls.wish = cls.env["automotive.wish"].create(
            {"lead_id": cls.lead.id, "model_id": cls.model.id, "options": "Tow bar & <roof>", "interest": "lease"}
        )
        cls.env["automotive.appraisal"].create(
            {
                "lead_id": cls.lead.id,
                "partner_id": cls.carla.id,
                "vehicle_id": cls.vehicle.id,
                "company_id": cls.dealer.id,
            }
        )

    def _wizard(self, **values):
        return self.env["automotive.adf.send"].with_user(self.dora).create({"lead_id": self.lead.id, **values})

    def test_what_leaves_is_what_a_reader_reads(self):
        (told,) = adf.read(self.lead._get_adf("Far Autos"))
        self.assertEqual((told["customer"]["name"], told["customer"]["phone"]), (self.carla.name, self.carla.phone))
        self.assertEqual([car["interest"] for car in told["vehicles"]], ["lease", "trade-in"])
        self.assertEqual((told["vehicles"][0]["make"], told["vehicles"][0]["model"]), ("Testa", "Uno"))
        self.assertEqual(told["vehicles"][0]["comments"], "Tow bar & <roof>")
        self.assertEqual((told["vehicles"][1]["vin"], told["vehicles"][1]["odometer"]), (self.vehicle.vin, "18234"))
        self.assertEqual((told["vendor"]["name"], told["provider"]["name"]), ("Far Autos", "Dealer test"))

    def test_the_numbers_it_came_with_go_on(self):
        channel = self.env["automotive.adf.channel"].create({"name": "Portal", "company_id": self.dealer.id})
        car = "<vehicle><make>Testa</make><model>Uno</model></vehicle>"
        contact = "<contact><name>Ana</name><email>ana.out@example.com</email></contact>"
        customer = f"<customer>{contact}</customer>"
        intake = channel._receive_document(
            f'<adf><prospect><id source="Portal" sequence="1">77</id>{car}{customer}</prospect></adf>'
        )
        intake._job_attempt()
        (told,) = adf.read(intake.lead_id._get_adf("Far Autos"))
        database = self.env["ir.config_parameter"].get_param("database.uuid")
        self.assertEqual(told["ids"], [["Portal", "77"], [database, str(intake.lead_id.id)]])

    def test_by_mail_with_the_document_in_it_and_kept_in_the_history(self):
        wizard = self._wizard(vendor="Far Autos", email_to="leads@far.example")
        self.assertIn("<vendorname>Far Autos</vendorname>", wizard.preview)
        self.assertIn("<email>leads@far.example</email>", wizard.preview)
        wizard.action_send()
        mail = self.env["mail.mail"].search([("email_to", "=", "leads@far.example")])
        self.assertEqual(mail.attachment_ids.mimetype, "application/x-adf+xml")
        (told,) = adf.read(mail.attachment_ids.raw)
        self.assertEqual(told["customer"]["email"], self.carla.email)
        self.assertEqual(len(adf.read(mail.body_html)), 1, "the text of the mail can be read, too")
        self.assertIn("Far Autos (leads@far.example)", self.lead.message_ids[0].body)

    def test_as_a_file(self):
        wizard = self._wizard(vendor="Far Autos")
        action = wizard.action_download()
        self.assertIn(f"/{wizard.id}/document/lead.xml", action["url"])
        self.assertEqual(len(adf.read(base64.b64decode(wizard.document))), 1)
        self.assertIn("Far Autos", self.lead.message_ids[0].body)

    def test_what_is_missing_is_said(self):
        with self.assertRaisesRegex(UserError, "for whom"):
            self._wizard().action_download()
        with self.assertRaisesRegex(UserError, "no e-mail address"):
            self._wizard(vendor="Far", email_to="nobody").action_send()
        self.lead.wish_ids.unlink()
        self.lead.appraisal_ids.unlink()
        with self.assertRaisesRegex(UserError, "a wished car"):
            self.lead._get_adf("Far")

    def test_the_form(self):
        form = Form(self.env["automotive.adf.send"].with_user(self.dora).with_context(default_lead_id=self.lead.id))
        form.vendor = "Far Autos"
        self.assertIn("Far Autos", form.preview)
