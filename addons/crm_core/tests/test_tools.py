import doctest
import importlib
import pkgutil
import threading
from unittest.mock import Mock, patch

from psycopg2.errors import DeadlockDetected, SerializationFailure

from odoo.tests import BaseCase, tagged

from odoo.addons.crm_core import tools
from odoo.addons.crm_core.tools import conflict, payload
from odoo.addons.crm_core.tools.bell import Bell


@tagged("post_install", "-at_install")
class TestTools(BaseCase):
    def test_doctests(self):
        for info in pkgutil.iter_modules(tools.__path__, f"{tools.__name__}."):
            with self.subTest(module=info.name):
                result = doctest.testmod(importlib.import_module(info.name))
                self.assertTrue(result.attempted)
                self.assertFalse(result.failed)

    def test_a_call_within_the_pause_comes_after_it(self):
        calls, second = [], threading.Event()
        bell = Bell(lambda name: calls.append(name) or (len(calls) == 2 and second.set()), 0.2)
        for _time in range(5):
            bell.press("a")
        self.assertEqual(calls, ["a"])
        self.assertTrue(second.wait(5), "what was wanted last is not lost")
        self.assertEqual(calls, ["a", "a"], "and not told five times")

    def test_work_begins_again_after_a_conflict(self):
        env, outcomes = Mock(), [SerializationFailure, DeadlockDetected, "done"]
        with patch.object(conflict.time, "sleep"):
            self.assertEqual(conflict.insist(env, Mock(side_effect=outcomes)), "done")
        self.assertEqual(env.cr.rollback.call_count, 2)

    def test_work_that_always_meets_a_conflict_ends(self):
        env, work = Mock(), Mock(side_effect=DeadlockDetected)
        with patch.object(conflict.time, "sleep"), self.assertRaises(DeadlockDetected):
            conflict.insist(env, work)
        self.assertEqual(work.call_count, conflict.TRIES)
        self.assertEqual(env.cr.rollback.call_count, conflict.TRIES, "nothing is half done")

    def test_who_may_not_wait_does_not(self):
        outcomes = [SerializationFailure, SerializationFailure, "done"]
        with patch.object(conflict.time, "sleep") as sleep:
            conflict.insist(Mock(), Mock(side_effect=outcomes), wait=0)
        self.assertFalse(any(call.args[0] for call in sleep.call_args_list))

    def test_a_mistake_is_not_repeated(self):
        work = Mock(side_effect=ValueError)
        with self.assertRaises(ValueError):
            conflict.insist(Mock(), work)
        self.assertEqual(work.call_count, 1)

    def test_direction_marks_are_removed(self):
        self.assertEqual(payload.clean_line("safe\u202egpj.exe"), "safe gpj.exe")

    def test_every_shape_of_payload_is_survived(self):
        for value in (None, [], {}, 3.5, True, "x" * 10**6, {"a": {"b": []}}):
            cleaned = payload.clean_payload({"name": value, "utm": value, "tags": value, "answers": value})
            self.assertLessEqual(len(cleaned["name"]), payload.LINE_LIMIT)
