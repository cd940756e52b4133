"""Every other kind of message between two databases on two servers, over the bad line (promise P5).

What the maker publishes, what dealers do about it, the leads it gives away, the questions it asks back: each arrives
once and in its last state, though the line loses, repeats and delays and both servers are killed on the way.
"""

import os

import pytest

from odoo.tools import mute_logger

from exchange import BadLine, make_sides, settle
from servers import wait_for

COUNT = 99 if os.environ.get("SUITE_LONG") else 6
SECONDS = 180 + 3 * COUNT
FAULTS = (*BadLine.FAULTS, "sender dies", "receiver dies")
VINS = [f"WVWZZZ1KZAW{number:06}" for number in range(COUNT)]
BRAND, MODELS = "Aurelia", ("Uno", "Due", "Tre")
ISSUE = {"name": "Jerks when cold", "customer_text": "New software is ready", "topic": "Gearbox", "model": "Uno"}
LEAD = {"zip": "08021", "agreed": True, "comments": "Soon, please"}


@pytest.fixture(autouse=True)
def quiet():
    """Leave out what the host logs where two transactions met: it runs them again."""
    with mute_logger("odoo.sql_db", "odoo.service.model"):
        yield


@pytest.fixture(scope="module")
def sides():
    """The dealer's and the maker's side, on their servers; what the maker says first meets every fault."""
    dealer, maker = make_sides(os.environ["SUITE_TEMPLATE"])
    maker.line.plan = list(FAULTS)
    for side in (dealer, maker):
        side.server.start()
    yield dealer, maker
    dealer.end()
    maker.end()


@pytest.fixture(autouse=True)
def arrived(sides):
    """Let each test begin and end with nothing on its way."""
    settle(*sides, seconds=SECONDS)
    yield
    settle(*sides, seconds=SECONDS)


def publish(env):
    """Publish one of each kind."""
    brand = env["fleet.vehicle.model.brand"].create({"name": BRAND})
    env["fleet.vehicle.model"].create([{"name": name, "brand_id": brand.id} for name in MODELS])
    campaign = {"name": "Winter check", "customer_subject": "Ready?", "customer_text": "We check it for 29 EUR."}
    recall = {"name": "R-1", "title": "Airbag", "customer_text": "It may not open."}
    env["automotive.catalogue"].create({"brand_id": brand.id}).action_publish()
    env["automotive.dealer"].create({"name": "Motor Prat", "phone": "+34 600 000 100"}).action_publish()
    env["automotive.known.issue"].create(ISSUE).action_publish()
    env["automotive.campaign"].create(campaign).action_publish()
    called_back = env["automotive.recall"].create(recall)
    called_back._add_numbers(VINS)
    called_back.action_publish()


def correct(env):
    """Say something else before everything has arrived: the last word holds."""
    issue = env["automotive.known.issue"].search([])
    issue.customer_text = "Come for the new software, free of charge"
    issue.action_publish()
    env["automotive.dealer"].search([]).action_close()


def register_cars(env):
    """The dealer's customers own half of the cars that will be called back."""
    brand = env["fleet.vehicle.model.brand"].create({"name": "Known before"})
    model = env["fleet.vehicle.model"].create({"name": "Quattro", "brand_id": brand.id})
    for number, vin in enumerate(VINS[::2]):
        owner = env["res.partner"].create({"name": f"Owner{number}", "email": f"owner{number}@example.com"})
        env["automotive.vehicle"].create({"vin": vin, "model_id": model.id})._change_owner(owner)


def test_what_the_maker_publishes_is_at_the_dealer_once_and_as_it_was_said_last(sides):
    dealer, maker = sides
    dealer.database.request(register_cars)
    maker.database.request(publish)
    maker.database.request(correct)
    settle(*sides, seconds=SECONDS)
    assert all(maker.line.seen[fault] for fault in FAULTS), maker.line.seen
    with dealer.database.env() as env:
        catalogue = env["automotive.catalogue"].search([])
        assert (len(catalogue), catalogue.model_ids.mapped("name")) == (1, sorted(MODELS))
        issue = env["automotive.known.issue"].search([])
        assert (len(issue), issue.customer_text) == (1, "Come for the new software, free of charge")
        other = env["automotive.dealer"].search([])
        assert (other.mapped("name"), other.mapped("state")) == (["Motor Prat"], ["closed"])
        recall = env["automotive.recall"].search([])
        assert (recall.mapped("name"), recall.vehicle_count, recall.here_count) == (["R-1"], COUNT, len(VINS[::2]))
        assert env["automotive.campaign"].search([]).mapped("decision") == ["proposed"]


def work_on_recall(env):
    """One car is performed, one is scrapped, the owners of the others are told."""
    mine = env["automotive.recall.vehicle"].search([("vehicle_id", "!=", False)], order="vin")
    mine[:1].state = "booked"
    mine[:1].state = "performed"
    mine[1:2].state = "scrapped"
    env["automotive.recall"].search([]).action_notify_owners()


def test_what_became_of_each_car_called_back_is_known_at_the_maker(sides):
    dealer, maker = sides
    dealer.line.plan = list(FAULTS)
    dealer.database.request(work_on_recall)
    settle(*sides, seconds=SECONDS)
    with maker.database.env() as env:
        lines = env["automotive.recall.vehicle"].search([], order="vin")
        states = ["performed", "scrapped", *["notified"] * (len(VINS[::2]) - 2)]
        assert lines[::2].mapped("state") == states
        assert set(lines[1::2].mapped("state")) == {"open"}
        assert lines.filtered("dealer_peer_id") == lines[::2]


def run_campaign(env):
    """Take part, choose and write to the customers; one answers, buys, and the night tells the figures."""
    campaign = env["automotive.campaign"].search([])
    campaign.action_accept()
    campaign.action_select_targets()
    campaign.action_write()
    campaign.target_ids[:1].action_responded()
    campaign.target_ids[:1].action_sold()
    campaign._report()


def test_a_campaign_from_the_maker_to_the_dealer_and_back_as_figures(sides):
    dealer, maker = sides
    dealer.database.request(run_campaign)
    settle(*sides, seconds=SECONDS)
    with maker.database.env() as env:
        enrolment = env["automotive.campaign.enrolment"].search([])
        figures = (enrolment.selected, enrolment.contacted, enrolment.responded, enrolment.sold)
        assert (enrolment.mapped("decision"), figures) == (["accepted"], (len(VINS[::2]), len(VINS[::2]), 1, 1))
    with dealer.database.env() as env:
        owners = env["automotive.campaign.target"].search([]).partner_id
        told = env["crm.exchange.message"].search([("type", "=like", "automotive.campaign%")]).mapped("payload")
        assert told and not [owner.email for owner in owners if any(owner.email in payload for payload in told)]


def give_leads(env):
    """The maker gives all its leads to the dealer."""
    peer = env["crm.exchange.peer"].search([])
    rows = [{**LEAD, "contact_name": f"Nadia {n}", "email": f"nadia{n}@example.com"} for n in range(COUNT)]
    env["automotive.oem.lead"].create([{**row, "peer_id": peer.id} for row in rows]).action_send()


def sell(env):
    """A third is sold, a third lost, a third accepted."""
    records = env["automotive.lead.referral"].search([], order="id")
    records.action_accept()
    for record in records[::3]:
        record.lead_id.action_set_won()
    reason = env["crm.lost.reason"].create({"name": "Bought elsewhere"})
    for record in records[1::3]:
        record.lead_id.action_set_lost(lost_reason_id=reason.id)


def test_each_lead_is_one_opportunity_and_its_outcome_is_back(sides):
    dealer, maker = sides
    maker.line.plan = list(FAULTS)
    maker.database.request(give_leads)
    settle(*sides, seconds=SECONDS)

    def taken_up():
        with dealer.database.env() as env:
            return env["automotive.lead.referral"].search_count([("lead_id", "!=", False)]) == COUNT

    wait_for(taken_up, "the opportunities", SECONDS)
    with dealer.database.env() as env:
        assert env["crm.lead"].search_count([("contact_name", "=like", "Nadia %")]) == COUNT
    dealer.line.plan = list(FAULTS)
    dealer.database.request(sell)
    settle(*sides, seconds=SECONDS)
    with dealer.database.env() as env:
        told = {record.uuid: record.outcome for record in env["automotive.lead.referral"].search([])}
    assert sorted(told.values()) == sorted(["won", "lost", "accepted"] * (COUNT // 3))
    with maker.database.env() as env:
        leads = env["automotive.oem.lead"].search([])
        assert {lead.uuid: lead.state for lead in leads} == told
        assert set(leads.filtered(lambda lead: lead.state == "lost").mapped("reason")) == {"Bought elsewhere"}


def test_a_question_is_replied_and_an_answer_is_disputed(sides):
    dealer, maker = sides

    def feedback_of(env):
        return env["automotive.feedback"].search([])

    def case_of(env):
        return env["automotive.oem.case"].search([])

    def say(side, find, action, **values):
        """Write words, press the button, wait until the other side knows."""

        def work(env):
            record = find(env)
            record.write(values)
            getattr(record, action)()

        side.database.request(work)
        settle(*sides, seconds=SECONDS)

    dealer.database.request(lambda env: env["automotive.feedback"].create({"text": "It jerks"}).action_submit())
    settle(*sides, seconds=SECONDS)
    say(maker, case_of, "action_ask", question="At which speed?")
    say(dealer, feedback_of, "action_reply", reply="At 30 km/h")
    with maker.database.env() as env:
        assert (case_of(env).state, case_of(env).reply) == ("in_review", "At 30 km/h")
    say(maker, case_of, "action_answer", answer="That is normal")
    say(dealer, feedback_of, "action_dispute", dispute="Not at another dealer's car")
    with maker.database.env() as env:
        assert (case_of(env).state, case_of(env).dispute) == ("reopened", "Not at another dealer's car")
    say(maker, case_of, "action_answer", answer="We renew the clutch")
    with dealer.database.env() as env:
        feedback = feedback_of(env)
        assert (feedback.state, feedback.question, feedback.answer) == (
            "answered", "At which speed?", "We renew the clutch",
        )  # fmt: skip
