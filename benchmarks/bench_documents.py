"""Printing many contracts together starts the printing engine once; each by itself starts it every time."""

import io
import time

NUMBER = 200


def _time(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def _make(env):
    """Contracts of different buyers, with clauses, about a page and a half each."""
    company = env.company
    company.partner_id.write({"vat": False, "street": "Main Street 1", "city": "Town"})
    partners = env["res.partner"].create(
        [
            {"name": f"Buyer {n}", "street": f"Lane {n}", "city": "Town", "email": f"b{n}@example.com"}
            for n in range(NUMBER)
        ]
    )
    leads = env["crm.lead"].create(
        [{"name": f"Deal {n}", "type": "opportunity", "partner_id": p.id} for n, p in enumerate(partners)]
    )
    template = env.ref("crm_core.template_purchase_contract_en").copy({"name": "Bench"})
    template.body = f"{template.body}{'<p>The parties confirm each point above.</p>' * 40}"
    seconds, documents = _time(lambda: template._create_documents(leads))
    return seconds, documents


def _pages(contents):
    from odoo.tools.pdf import PdfReader

    return [len(PdfReader(io.BytesIO(content)).pages) for content in contents]


def measure(envs):
    """Yield lines: contracts filled in, then printed one by one and together; the pages must be the same."""
    filled, documents = _make(envs["suite"])
    yield f"filled in from a template         {NUMBER / filled:7.1f} /s"
    alone, singles = _time(lambda: {document.id: document._print()[document.id] for document in documents})
    yield f"printed one by one                {NUMBER / alone:7.1f} /s"
    together, batch = _time(documents._print)
    yield f"printed together                  {NUMBER / together:7.1f} /s   x{alone / together:.1f}"
    same = _pages(singles.values()) == _pages(batch[document.id] for document in documents)
    yield f"the same pages                    {'yes' if same else 'NO'}"
