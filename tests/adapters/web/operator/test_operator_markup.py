"""Whatever people, hosts and admins are called, and whatever they say, is text on the operator's page."""

from urllib.parse import quote

from pages import PATHS, a_life

from bot import texts
from bot.jobs import machine
from bot.model import Accepted, Incident
from tests.operators import Seat

EVIL = """<img src=x onerror=alert(1)>"'{{7*7}}</title><script>alert(2)</script>"""


async def test_markup_is_text(seat: Seat) -> None:
    store, now = seat.app.store, seat.app.core.context.clock()
    await a_life(seat, "one", label=EVIL, scope="telegram:-100")
    for event in (machine.Started(), Accepted("aimlapi", EVIL)):
        job = await store.job("one")
        assert job
        await store.save(*machine.apply(job, event, now, now + 9e6))
    await store.note(Incident(now, texts.incidents.NO_ANSWER, EVIL, EVIL, "one"))
    await seat.enter()
    _, page = await seat.get("/admin/people/telegram:9")
    pages = [(await seat.send(page, "ban", because=EVIL, typed=EVIL))[1]]
    searches = [f"/admin/{section}?find={quote(EVIL)}" for section in ("jobs", "people", "log")]
    for path in (*PATHS, "/admin/jobs/one", *searches, f"/admin/enter?link={quote(EVIL)}"):
        pages.append((await seat.get(path))[1])
    assert sum("onerror=alert(1)&gt;" in page for page in pages) >= 8
    for page in pages:
        assert "<img src=x" not in page
        assert "<script>alert" not in page
        assert "\"'{{" not in page
