"""Ann, on two platforms and in a community, and all that is kept of her."""

import json
from dataclasses import replace
from typing import Any

from bot.conversation import Inbound, Reply
from bot.model import Address, Incident, Job
from bot.quotas.records import Act, Grant, Parked
from bot.quotas.rules import about
from bot.sentence import verbatim
from tests.houses import House
from tests.traces import TOWN, a_past, a_share

HOUR, DAY = 3600.0, 86_400.0
ANN, ANNS_OTHER, BOB = "telegram:900100200", "discord:800100200", "telegram:700100200"
NAME, WORDS = "Annabel Quist", "zebras knit umbrellas"


async def say(house: House, text: str, person: str = ANN, scope: str = "", **values: Any) -> Reply:
    platform, _, user = person.partition(":")
    house.sent += 1
    chat = scope.partition(":")[2] or user
    address = Address(platform, chat, f"m{house.sent}")
    inbound = Inbound(address, user, f"{platform}:{chat}:{house.sent}", text, scope=scope, shared=bool(scope), **values)
    return await house.core.handle(inbound)


async def forget(house: House, person: str = ANN, scope: str = "") -> Reply:
    asked = await say(house, "/forgetme", person, scope)
    assert asked.private
    return await say(house, asked.buttons[0].command, person, scope)


async def link(house: House, one: str, other: str) -> None:
    code = f"code of {one}"
    await house.store.accounts.offer(one, code, house.clock() + 600)
    assert (await house.store.accounts.join(other, code, house.clock(), 5))[0] == "joined"


def an_act(house: House, verb: str, who: str = "", **values: Any) -> Act:
    person = about("person", who) if who else ""
    given = {"actor": BOB, "scope": TOWN, "about": person, "label": f"@{NAME}" if who else "", "name": "Bob", **values}
    return Act(id=house.core.context.ids.new(), at=house.clock(), verb=verb, **given)


async def settle_outbox(house: House) -> list[tuple[str, str, str]]:
    """Do what is to be done on platforms; what it was."""
    done = []
    while found := await house.store.outbox.claim(house.clock(), 60.0, 50, ("telegram", "discord")):
        for entry in found:
            done.append((entry.kind, entry.place.chat, entry.place.message))
            await house.store.outbox.done(entry)
    return sorted(done)


async def a_life(house: House, *, banned: bool = True) -> dict[str, Job]:
    """Ann, on two platforms and in a community, leaves traces wherever traces are kept; Bob is beside her."""
    store, media, now = house.store, house.media, house.clock()
    await link(house, ANN, ANNS_OTHER)
    jobs = {
        "mine": await a_past(store, media, "mine", ANN, now, label=NAME, prompt=WORDS, chat="900100200"),
        "town": await a_past(store, media, "town", ANN, now, label=NAME, prompt=WORDS, chat="-100555", scope=TOWN),
        "other": await a_past(store, media, "other", ANNS_OTHER, now, label=NAME, prompt=WORDS, chat="dm"),
        "refused": await a_past(store, media, "refused", ANN, now, label=NAME, prompt=WORDS, clip=False),
        "bob": await a_past(store, media, "bob", BOB, now, scope=TOWN, label="Bob", prompt="a boat", chat="-100555"),
    }
    await store.gallery.add(a_share(jobs["town"], "anns", now, name=NAME, prompt=WORDS))
    await store.gallery.add(a_share(jobs["bob"], "bobs", now, name="Bob", prompt="a boat"))
    for entry in await store.outbox.claim(now, 60.0, 9, ("telegram",)):
        assert await store.gallery.posted(entry.share, f"post-{entry.share}", None)
    for person in (ANN, BOB):
        await store.gallery.heart("bobs", person, True, "tap", now)
        await store.gallery.heart("anns", person, True, "tap", now)
    await store.gallery.report("bobs", ANN, "spam", now, 3)
    remix = replace(jobs["bob"], id="remix", key="remix", remix_of="anns", remix_after=NAME)
    await store._db.write(lambda tx: tx.all("UPDATE jobs SET remix_of='anns', remix_after=$1 WHERE id='bob'", NAME))
    assert remix.remix_after == NAME
    await store.gallery.prefer(ANN, named=True, worded=True, agreed_at=now)
    await store.accounts.offer(ANN, "a code", now + 600)
    await store.note(Incident(now, verbatim("an order was refused"), WORDS, "local", "mine"))
    for grant, person in ((an_act(house, "grant", ANN), ANN), (an_act(house, "grant", BOB, actor=ANN, name=NAME), BOB)):
        why = f"for {NAME}" if person == ANN else ""
        given = Grant(grant.id, TOWN, person, 9, 0, None, now, grant.actor, why)
        await store.quotas.grant(replace(grant, label=f"@{NAME}" if person == ANN else "@Bob"), given)
    if banned:
        for scope, person in (("", ANN), (TOWN, ANN)):
            act = an_act(house, "ban", person, scope=scope, because=f"{NAME} did it")
            await store.quotas.amend(act, lambda rule: replace(rule, banned=9e9, because=f"{NAME} did it", credits=3))
    else:
        await store.quotas.amend(an_act(house, "quota set", ANN), lambda rule: replace(rule, credits=900))
    people = (ANN, BOB)
    await store.quotas.amend(
        an_act(house, "tier", about="list:vip"), lambda rule: replace(rule, people=people, credits=9)
    )
    await store.inbox.remember("telegram", "notices", "anns-1", "-100777//notice", now + 1e9)
    await store.answers.keep("telegram:-100555:1", f'["@{NAME} got 9 credits"]', BOB, [ANN], now)
    await store.answers.keep("telegram:900100200:2", '["You are one now."]', ANN, [], now)
    for platform, chat, name, value, whom in (
        ("telegram", "900100200", "asked", '["900100200", "/again mine", [], ""]', [ANN]),
        ("telegram", "-100555", "asked:5", '["900100200", "/again town", [], ""]', [ANN]),
        ("telegram", "-100555", "dialog:7", "900100200", [ANN]),
        ("telegram", "", "name:annabel", "900100200", [ANN]),
        ("discord", "forms", "77", json.dumps({"user": "800100200", "text": WORDS, "label": NAME}), [ANNS_OTHER]),
        ("discord", "user:800100200", "adult", "yes", []),
        ("telegram", "-100555", "asked:6", '["700100200", "/again bob", [], ""]', [BOB]),
        ("telegram", "", "name:bob", "700100200", [BOB]),
        ("discord", "", "identifies:1", "800100200", []),
    ):
        await store.inbox.remember(platform, chat, name, value, now + 1e9, whom)
    await store._db.write(
        lambda tx: tx.all(
            "INSERT INTO turns (party, person, at) VALUES ($1, $2, 1), ('d', $3, 1) ON CONFLICT DO NOTHING",
            f"={ANN}",
            ANN,
            BOB,
        )
    )
    await everyone_waits(house, ANN, "parked")
    return jobs


async def everyone_waits(house: House, person: str, id: str) -> None:
    """An order waits for a yes."""
    job = await a_past(house.store, house.media, f"m{id}", BOB, house.clock(), prompt="nothing")
    order = replace(job.order, prompt=WORDS, photo=replace(job.order.photo, name=f"{id}.jpg"))
    waiting = replace(job, id=id, key=id, person=person, order=order, label=NAME, clip=None, outcome=None)
    house.media.path(f"{id}.jpg").write_bytes(f"picture of {id}".encode())
    body = house.store.quotas.write(waiting)
    await house.store.quotas.park(Parked(id, person, "", body, (f"{id}.jpg",), house.clock() + HOUR))


def found(words: tuple[str, ...]) -> list[bytes]:
    return [word.encode() for word in words]
