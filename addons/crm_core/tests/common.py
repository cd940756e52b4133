from contextlib import nullcontext

from odoo.tests import HttpCase, TransactionCase, new_test_user


class CronCase:
    """Run a cron as the scheduler does: in a cursor of its own, which may commit."""

    def _run_cron(self, xmlid):
        """Run a cron until it has nothing left to do.

        :param xmlid: external id of the ``ir.cron``
        """
        # An HttpCase already shares its cursor with everybody.
        mode = nullcontext() if isinstance(self, HttpCase) else self.enter_registry_test_mode()
        with mode:
            self.assertIs(self.env.ref(xmlid).sudo().method_direct_trigger(), True)
        self.env.invalidate_all()


class CrmCoreCommon(CronCase, TransactionCase):
    """The cast of the tests.

    company: Company A            company B
    manager  Mona (all leads)
    seller   Sam, own documents   seller_b  Bea
    officer  Olga (privacy)
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True, mail_create_nosubscribe=True))
        cls.company = cls.env["res.company"].create({"name": "Company A", "country_id": cls.env.ref("base.es").id})
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})
        cls.env.user.company_ids += cls.company + cls.company_b
        cls.env.user.company_id = cls.company
        user = {"company_id": cls.company.id, "company_ids": [cls.company.id]}
        cls.manager = new_test_user(cls.env, "mona", "sales_team.group_sale_manager", **user)
        cls.seller = new_test_user(cls.env, "sam", "sales_team.group_sale_salesman", **user)
        cls.officer = new_test_user(cls.env, "olga", "crm_core.group_privacy_officer", **user)
        user = {"company_id": cls.company_b.id, "company_ids": [cls.company_b.id]}
        cls.seller_b = new_test_user(cls.env, "bea", "sales_team.group_sale_manager", **user)
        cls.pipeline = cls.env["crm.pipeline"].create(cls._prepare_pipeline())

    @classmethod
    def _prepare_pipeline(cls):
        def stage(name, sequence, **values):
            return (0, 0, {"name": name, "sequence": sequence, **values})

        return {
            "name": "Consulting",
            "code": "consulting",
            "loop_policy": "auto",
            "stage_ids": [
                stage("First talk", 100),
                stage("Offer out", 110, stage_event="quote_sent"),
                stage("Agreed", 120, stage_event="quote_accepted"),
                stage("Done", 190, is_won=True),
            ],
        }

    def _stage(self, name):
        return self.pipeline.stage_ids.filtered(lambda stage: stage.name == name)

    def _lead(self, **values):
        return self.env["crm.lead"].create(
            {
                "name": "A project",
                "type": "opportunity",
                "pipeline_id": self.pipeline.id,
                "user_id": self.seller.id,
                "company_id": self.company.id,
                **values,
            }
        )

    def _receive(self, target="opportunity", external_id=None, **payload):
        return self.env["crm.intake"]._receive(
            "test", target, payload, external_id, company_id=self.company.id, pipeline_id=self.pipeline.id,
            user_id=self.seller.id, job_user_id=self.manager.id,
        )  # fmt: skip

    def _run_intakes(self):
        self._run_cron("crm_core.ir_cron_intake")
