"""A buyer complains at the dealer; the maker receives it once and answers; the dealer sees the answer.

Two companies of one database, each with its own people; the crons of a real server carry the messages.
"""

import pytest

from servers import Rpc, wait_for

WORDS = "The gearbox jerks in second gear when it is cold."
ANSWER = "Please bring the car in: the control unit gets new software, free of charge."


def test_a_complaint_reaches_the_maker_once_and_the_answer_comes_back(demo):
    database, server = demo
    dealer, maker = Rpc(server, "dealer"), Rpc(server, "maker")
    vehicle = dealer.call("automotive.vehicle", "search_read", [("owner_id", "!=", False)], ["vin"], limit=1)[0]
    feedback = dealer.call(
        "automotive.feedback", "create", [{"kind": "complaint", "text": WORDS, "vehicle_id": vehicle["id"]}]
    )[0]
    dealer.call("automotive.feedback", "action_submit", [feedback])
    mine = [("text", "=", WORDS)]
    cases = wait_for(lambda: maker.call("automotive.oem.case", "search", mine), "the case of the maker", 90)
    assert len(cases) == 1

    # Without consent the maker learns what happened, not to whom.
    case = maker.one("automotive.oem.case", [("id", "=", cases[0])], "name", "vin", "customer_name", "disclosure")
    assert (case["vin"], case["customer_name"], case["disclosure"]) == (False, False, "pseudonymous")
    with pytest.raises(AssertionError):
        maker.call("automotive.feedback", "search_read", [], ["text"])

    maker.call("automotive.oem.case", "write", cases, {"answer": ANSWER})
    maker.call("automotive.oem.case", "action_answer", cases)

    def answered():
        found = dealer.one("automotive.feedback", [("id", "=", feedback)], "state", "answer", "case_number")
        return found if found["state"] == "answered" else None

    found = wait_for(answered, "the answer", 90)
    assert (found["answer"], found["case_number"]) == (ANSWER, case["name"])
    reminders = [("res_model", "=", "automotive.feedback"), ("res_id", "=", feedback)]
    assert dealer.call("mail.activity", "search", reminders), "somebody is asked to tell the customer"
    assert maker.call("automotive.oem.case", "search_count", [("text", "=", WORDS)]) == 1
    refused = "You are not allowed to access 'Feedback'"
    assert not [line for line in server.complaints() if refused not in line]
