"""What is done on the operator's page is the command that it is in a chat."""

import html
from dataclasses import replace

import pytest

from adapters.web.operator import acts
from bot import texts
from bot.commands import table
from bot.quotas.rules import HOUSE
from tests.adapters.web.operator.pages import DESK, MEMBER, a_life
from tests.operators import OWNER, Seat, browser, fields, link


async def test_pause_and_resume_are_the_commands_with_the_same_log_and_an_undo(seat: Seat) -> None:
    _, page = await seat.enter()
    status, page = await seat.send(page, "operator", "pause", because="the bill is odd")
    assert status == 200
    assert str(texts.operator.PAUSED.partition(".")[0]) in page
    assert await seat.app.store.quotas.paused()
    act = (await seat.app.store.figures.audit(HOUSE, 1))[0]
    assert (act.verb, act.actor, act.because) == ("pause", OWNER, "the bill is odd")
    undo = next(one for one in fields(page, "/admin/act") if one["verb"] == "undo")
    assert undo["words"] == act.id
    await seat.post("/admin/act", undo)
    assert not await seat.app.store.quotas.paused()
    _, page = await seat.get("/admin")
    assert DESK["pause"] in page


async def test_a_form_that_is_sent_twice_acts_once(seat: Seat) -> None:
    _, page = await seat.enter()
    first = await seat.send(page, "operator", "pause")
    second = await seat.send(page, "operator", "pause")
    assert first[0] == second[0] == 200
    acts = await seat.app.store.figures.audit(HOUSE, 10)
    assert [act.verb for act in acts].count("pause") == 1


@pytest.mark.parametrize(
    ("changes", "headers"),
    [
        ({"form": ""}, {}),
        ({"form": "forged"}, {}),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
        ({}, {"Sec-Fetch-Site": "same-site"}),
    ],
)
async def test_no_other_page_can_send_a_form(seat: Seat, changes: dict[str, str], headers: dict[str, str]) -> None:
    _, page = await seat.enter()
    form = next(one for one in fields(page, "/admin/act") if one["words"] == "pause")
    for path in ("/admin/act", "/admin/leave"):
        status, _ = await seat.post(path, {**form, **changes}, **headers)
        assert status == 403
    assert not await seat.app.store.quotas.paused()
    assert (await seat.get("/admin"))[0] == 200


async def test_the_token_of_one_session_is_none_of_another(seat: Seat) -> None:
    _, page = await seat.enter()
    form = next(one for one in fields(page, "/admin/act") if one["words"] == "pause")
    async with browser() as second:
        other = replace(seat, http=second)
        await other.enter(await link(seat.app, "2"))
        assert (await other.post("/admin/act", form))[0] == 403


@pytest.mark.parametrize(
    "form",
    [
        {"verb": "forgetme"},
        {"verb": "animate"},
        {"verb": ""},
        {"key": ""},
        {"key": "\0"},
        {"typed": "x" * 600},
        {"person": "nobody"},
        {"person": "telegram:9\0"},
        {"scope": "<b>:1"},
        {"scope": "telegram:\0"},
    ],
)
async def test_what_no_form_says_is_not_done(seat: Seat, form: dict[str, str]) -> None:
    _, page = await seat.enter()
    mine = next(one for one in fields(page, "/admin/act") if one["words"] == "pause")
    assert (await seat.post("/admin/act", {**mine, **form}))[0] == 400
    assert not await seat.app.store.quotas.paused()


async def test_a_reply_leads_back_to_the_page_and_nowhere_else(seat: Seat) -> None:
    _, page = await seat.enter()
    for back, leads in (
        ("/admin?x=1", "/admin?x=1"),
        ("https://evil.example/", "/admin"),
        ("//evil", "/admin"),
        ("/administrator", "/admin"),
    ):
        _, said = await seat.send(page, "operator", "pause", back=back, key=back)
        assert f'<a class="button" href="{leads}">' in said


@pytest.mark.parametrize("scope", ["", MEMBER])
async def test_what_admins_do_to_people_is_done_by_the_same_commands(seat: Seat, scope: str) -> None:
    await a_life(seat, "ann1234567", label="Ann", person="telegram:100", scope=scope)
    await seat.enter()

    async def does(verb: str, typed: str = "", because: str = "") -> str:
        """Send that form of the person's page for this scope; returns the page afterwards."""
        _, page = await seat.get("/admin/people/telegram:100")
        form = next(one for one in fields(page, "/admin/act") if (one["verb"], one.get("scope", "")) == (verb, scope))
        status, said = await seat.post("/admin/act", {**form, "typed": typed, "because": because})
        assert status == 200
        assert 'class="words alarm"' not in said, said
        return html.unescape((await seat.get("/admin/people/telegram:100"))[1])

    page = await does("quota set", "42 a week")
    assert "42 credits a week" in page
    page = await does("grant", "50 until Friday", "a contest")
    assert "50 of 50 credits given" in page
    assert "a contest" in page
    page = await does("revoke")
    assert "50 of 50" not in page
    page = await does("ban", "for 2 days", "spam")
    assert "Banned until" in page
    assert "spam" in page
    page = await does("unban")
    assert "spam" not in page
    acts = await seat.app.store.figures.audit(scope, 10)
    assert [act.verb for act in acts] == ["unban", "ban", "revoke", "grant", "quota set"]
    assert {(act.actor, act.about) for act in acts} == {(OWNER, "person:telegram:100")}


async def test_a_refusal_is_shown_as_one(seat: Seat) -> None:
    await a_life(seat, "ann1234567", person="telegram:100", scope=MEMBER)
    await seat.enter()
    _, page = await seat.get("/admin/people/telegram:100")
    form = next(one for one in fields(page, "/admin/act") if one["verb"] == "grant" and one.get("scope") == MEMBER)
    for changes in ({"typed": "lots"}, {"typed": "5", "person": "discord:7"}, {"typed": "5", "person": ""}):
        _, said = await seat.post("/admin/act", {**form, **changes, "key": str(changes)})
        assert 'class="words alarm"' in said
    assert await seat.app.store.figures.audit(MEMBER, 10) == []


def test_forms_say_commands_that_there_are() -> None:
    for verb in acts.VERBS:
        row = table.TABLE[verb.partition(" ")[0]]
        assert row.verb, verb  # it is offered to operators in a shell as well
        assert row.audience != "everyone" or row.manages, verb
