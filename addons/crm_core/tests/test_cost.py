import re
from contextlib import contextmanager

from odoo.tests import tagged

from .common import CrmCoreCommon

# Tables of the suite: the host may not have to wait for them.
OURS = re.compile(
    r"\bcrm_(pipeline|stage_(file|required)|lead_party|phone|relationship|lifecycle|duplicate|privacy|quote)"
)


@tagged("post_install", "-at_install")
class TestCost(CrmCoreCommon):
    """Unconfigured, the suite asks the database nothing where the host works."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pipeline.loop_policy = "off"
        cls.partners = cls.env["res.partner"].create([{"name": f"Cost {n}"} for n in range(30)])
        cls.leads = cls.env["crm.lead"].create([cls._prepare_lead(n) for n in range(30)])
        cls.stages = cls.env["crm.stage"].search([("pipeline_id", "=", False), ("is_won", "=", False)], limit=2)

    @classmethod
    def _prepare_lead(cls, number):
        return {"name": f"Cost {number}", "type": "opportunity", "company_id": cls.company.id, "pipeline_id": False}

    @contextmanager
    def _queries(self):
        """Collect the queries of a piece of work, which begins with nothing in the cache."""
        queries = []
        self.env.invalidate_all()
        with contextmanager(self._patchExecute)(queries):
            yield queries

    def _assert_none_of_ours(self, queries):
        self.assertTrue(queries, "something was asked")
        self.assertEqual([query for query in queries if OURS.search(query)], [])

    def test_contacts(self):
        with self._queries() as queries:
            self.env["res.partner"].create([{"name": f"New {n}", "email": f"new{n}@example.com"} for n in range(5)])
        self._assert_none_of_ours(queries)
        with self._queries() as queries:
            self.partners.write({"ref": "x"})
        self._assert_none_of_ours(queries)

    def test_opportunities(self):
        with self._queries() as queries:
            self.env["crm.lead"].create([self._prepare_lead(n) for n in range(5)])
        self._assert_none_of_ours(queries)
        with self._queries() as queries:
            self.leads.write({"referred": "x"})
        self._assert_none_of_ours(queries)

    def test_moving_costs_the_same_for_one_and_for_many(self):
        self.leads.stage_id = self.stages[0]
        self.leads[0].stage_id = self.stages[1]  # what is read once for all
        counts = []
        for leads in (self.leads[1:4], self.leads[4:]):
            with self._queries() as queries:
                leads.write({"stage_id": self.stages[1].id})
            self._assert_none_of_ours(queries)
            counts.append(len(queries))
        self.assertEqual(*counts)

    def test_moving_in_a_pipeline_costs_the_same_for_one_and_for_many(self):
        self.leads.pipeline_id = self.pipeline
        self._stage("Offer out").gate_mode = "warn"
        self._stage("Offer out").required_field_ids = self.env["ir.model.fields"]._get("crm.lead", "name")
        self.leads[0].stage_id = self._stage("Offer out")  # what is read once for all
        counts = []
        for leads in (self.leads[1:4], self.leads[4:]):
            with self._queries() as queries:
                leads.write({"stage_id": self._stage("Offer out").id})
            counts.append(len(queries))
        self.assertEqual(*counts)
        self.assertLess(counts[0], 30)
