"""Which host gets an order: the next one only after a proof that nothing was taken; no host is asked in vain twice."""

import asyncio
from dataclasses import replace

import pytest
from provider_desk import KEY, ORDER, PHOTO, REQUEST, Desk, Make, other, row
from pydantic import SecretStr

from bot.errors import Ambiguous, NotSent
from bot.model import Accepted, Brush, Incident, Order, Pending, Photo, Refused
from bot.providers.client import Providers
from bot.providers.hosts import apilaplas, local
from tests.loopback.provider.scripted import Scripted, closed_port

MASKED = replace(ORDER, static_mask=Photo("still.png", 640, 480))
BRUSHED = replace(ORDER, brushes=(Brush(Photo("brush.png", 640, 480), ((0, 0), (9, 9))),))


def link(name: str) -> str:
    return f"https://photos.example/{name}?sig=1"


@pytest.mark.parametrize("status", [301, 401, 402, 403, 404, 429, 503])
async def test_the_next_host_follows_a_proof(status: int, first: Scripted, second: Scripted, make: Make) -> None:
    first.say(status, {"message": "no"})
    second.say(201, {"id": "two"})
    assert await make(row(first), other(second)).create(ORDER, REQUEST) == Accepted("apilaplas", "two")
    assert (first.posts, second.posts) == (1, 1)


async def test_the_next_host_follows_a_connection_never_made(second: Scripted, make: Make, desk: Desk) -> None:
    down = closed_port()
    providers = make(row(down), other(second))
    for _ in range(2):
        second.say(201, {"id": "two"})
        assert await providers.create(ORDER, REQUEST) == Accepted("apilaplas", "two")
    assert desk.incidents == []


async def waits(providers: Providers) -> str:
    with pytest.raises(NotSent) as caught:
        await providers.create(ORDER, REQUEST)
    return caught.value.waits


async def test_whoever_waits_can_be_told_why(first: Scripted, second: Scripted, make: Make, desk: Desk) -> None:
    assert await waits(make(row(closed_port()))) == "silence"
    first.say(429, Retry_After="30")
    crowded = make(row(first))
    assert await waits(crowded) == await waits(crowded) == "room"
    first.say(402)
    second.say(503, Retry_After="60")
    poor = make(row(first), other(second))
    assert await waits(poor) == "room"  # the second is asked again first, and then it is the second that counts
    desk.now += 61
    second.say(402)
    assert await poor.create(ORDER, REQUEST) == Refused("unavailable", "aimlapi rests for 539 s; HTTP 402")
    assert (first.posts, second.posts) == (2, 2)


async def test_an_order_behind_a_host_that_hung_waits_because_of_its_silence(
    first: Scripted, make: Make, desk: Desk
) -> None:
    providers = make(row(first), timeout=0.1)
    for _ in range(2):
        first.hang()
        with pytest.raises(Ambiguous):
            await providers.create(ORDER, REQUEST)
    assert await waits(providers) == "silence"
    assert first.posts == 2


async def test_what_no_host_could_take_since_a_picture_is_out_of_reach_waits_for_our_disk(
    first: Scripted, make: Make
) -> None:
    async def unreadable(name: str) -> str:
        raise OSError(5, "i/o error")

    assert await waits(make(row(first), data_uri=unreadable)) == "disk"
    assert first.posts == 0


@pytest.mark.parametrize("status", [400, 422, 413])
async def test_a_no_is_a_no_everywhere(status: int, first: Scripted, second: Scripted, make: Make) -> None:
    first.say(status)
    assert isinstance(await make(row(first), other(second)).create(ORDER, REQUEST), Refused)
    assert second.posts == 0


async def test_doubt_at_the_second_host_ends_it_too(first: Scripted, second: Scripted, make: Make) -> None:
    first.say(503)
    second.say(502)
    with pytest.raises(Ambiguous):
        await make(row(first), other(second)).create(ORDER, REQUEST)
    assert (first.posts, second.posts) == (1, 1)


async def test_each_host_speaks_its_dialect_and_gets_its_own_key(first: Scripted, second: Scripted, make: Make) -> None:
    first.say(429)
    second.say(201, {"id": "two"})
    await make(row(first), other(second)).create(ORDER, REQUEST)
    assert b'"duration": 5' in first.seen[0].body
    assert b'"duration": "5"' in second.seen[0].body
    assert second.seen[0].headers["authorization"] == f"Bearer {KEY}x"


async def unavailable(providers: Providers) -> bool:
    """Whether an order is turned away at once: no host accepts us, and waiting would not help."""
    answer = await providers.create(ORDER, REQUEST)
    return isinstance(answer, Refused) and answer.reason == "unavailable"


async def test_while_one_host_may_still_take_it_an_order_waits(first: Scripted, second: Scripted, make: Make) -> None:
    first.say(401)
    second.say(429)
    with pytest.raises(NotSent):
        await make(row(first), other(second)).create(ORDER, REQUEST)


# ── Hosts out of use ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "does not accept our key"), (403, "credits ran out"), (402, "credits"), (404, "URL"), (302, "elsewhere")],
)
async def test_the_operator_hears_of_a_host_out_of_use_once(
    status: int, words: str, first: Scripted, make: Make, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    providers = make(row(first))
    for _ in range(3):
        first.say(status, {"message": "see https://x.example/?a=b"})
        assert await unavailable(providers)
    assert first.posts == 1
    [incident] = desk.incidents
    assert incident == Incident(desk.now, incident.what, f"HTTP {status}: see [link]", "aimlapi")
    assert incident.what.startswith("AI/ML API ")
    assert words in incident.what
    assert len([r for r in caplog.records if r.levelname == "ERROR"]) == 1


async def test_a_host_out_of_use_gets_one_try_every_ten_minutes(first: Scripted, make: Make, desk: Desk) -> None:
    providers = make(row(first))
    for expected in (1, 2, 3):
        for pause in (0, 300, 299):
            desk.now += pause
            first.steps.clear()
            first.say(401)
            assert await unavailable(providers)
        assert (first.posts, len(desk.incidents)) == (expected, 1)
        desk.now += 1
    first.steps.clear()
    first.say(201, {"id": "i"})
    assert isinstance(await providers.create(ORDER, REQUEST), Accepted)
    first.say(401)
    assert await unavailable(providers)
    assert len(desk.incidents) == 2  # it worked in between: this is news


async def test_orders_at_the_same_moment_send_one_ahead(first: Scripted, make: Make, desk: Desk) -> None:
    providers = make(row(first))
    first.say(403)
    assert await unavailable(providers)
    desk.now += 601
    first.say(403)
    assert all(await asyncio.gather(*(unavailable(providers) for _ in range(5))))
    assert first.posts == 2


async def test_an_incident_that_cannot_be_kept_does_not_stop_the_order(
    first: Scripted, second: Scripted, make: Make, desk: Desk
) -> None:
    desk.down = True
    first.say(401)
    second.say(201, {"id": "two"})
    assert isinstance(await make(row(first), other(second)).create(ORDER, REQUEST), Accepted)


async def test_klings_arrears_under_429_put_the_host_out_of_use(first: Scripted, make: Make, desk: Desk) -> None:
    first.say(429, {"code": 1102, "message": "resource pack depleted"})
    assert await unavailable(make(row(first)))
    assert len(desk.incidents) == 1


# ── Waiting ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_host_that_says_when_is_left_alone_until_then(first: Scripted, make: Make, desk: Desk) -> None:
    providers = make(row(first))
    first.say(429, Retry_After="90")
    with pytest.raises(NotSent) as caught:
        await providers.create(ORDER, REQUEST)
    assert caught.value.retry_after == 90
    desk.now += 50
    with pytest.raises(NotSent) as caught:
        await providers.create(ORDER, REQUEST)
    assert caught.value.retry_after == 40
    desk.now += 40
    first.say(201, {"id": "i"})
    assert isinstance(await providers.create(ORDER, REQUEST), Accepted)
    assert first.posts == 2


async def test_a_host_that_does_not_say_may_be_asked_again(first: Scripted, make: Make) -> None:
    providers = make(row(first))
    first.say(429)
    with pytest.raises(NotSent) as caught:
        await providers.create(ORDER, REQUEST)
    assert caught.value.retry_after == 30
    first.say(201, {"id": "i"})
    assert isinstance(await providers.create(ORDER, REQUEST), Accepted)


async def test_the_soonest_host_decides_how_long_to_wait(first: Scripted, second: Scripted, make: Make) -> None:
    first.say(401)
    second.say(503, Retry_After="12")
    with pytest.raises(NotSent) as caught:
        await make(row(first), other(second)).create(ORDER, REQUEST)
    assert caught.value.retry_after == 12


# ── How pictures travel ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_with_a_public_url_links_are_sent(first: Scripted, make: Make) -> None:
    first.say(201, {"id": "i"})
    await make(row(first), link=link).create(BRUSHED, REQUEST)
    assert b'"https://photos.example/photo.jpg?sig=1"' in first.seen[0].body
    assert b'"https://photos.example/brush.png?sig=1"' in first.seen[0].body


async def test_the_stand_in_gets_data_even_then(first: Scripted, make: Make) -> None:
    first.say(201, {"id": "i"})
    await make(local(first.base), link=link).create(MASKED, REQUEST)
    assert b'"data:image/jpeg;base64,photo.jpg"' in first.seen[0].body
    assert b'"data:image/jpeg;base64,still.png"' in first.seen[0].body
    assert "authorization" not in first.seen[0].headers


async def test_the_stand_in_alone_gets_pictures_that_we_encoded(first: Scripted, second: Scripted, make: Make) -> None:
    async def redrawn(name: str) -> str:
        return f"data:image/jpeg;base64,redrawn-{name}"

    for script, host in ((first, local(first.base)), (second, row(second))):
        script.say(201, {"id": "i"})
        await make(host, redrawn_uri=redrawn).create(ORDER, REQUEST)
    assert b'"data:image/jpeg;base64,redrawn-photo.jpg"' in first.seen[0].body
    assert b'"data:image/jpeg;base64,photo.jpg"' in second.seen[0].body


@pytest.mark.parametrize("order", [MASKED, BRUSHED])
async def test_a_host_that_cannot_get_the_masks_is_passed_by(
    order: Order, first: Scripted, second: Scripted, make: Make
) -> None:
    providers = make(row(first), local(second.base))
    second.say(201, {"id": "i"})
    assert await providers.create(order, REQUEST) == Accepted("local", "i")
    assert first.posts == 0
    assert providers.able(True)


async def test_if_no_host_can_the_answer_says_what_to_set(first: Scripted, make: Make) -> None:
    providers = make(row(first))
    answer = await providers.create(MASKED, REQUEST)
    assert isinstance(answer, Refused)
    assert "PUBLIC_URL" in answer.detail
    assert first.posts == 0
    assert (providers.able(False), providers.able(True)) == (True, False)
    assert make(row(first), link=link).able(True)
    assert not make(apilaplas(SecretStr(KEY), inline=False)).able(False)


async def test_a_picture_that_cannot_be_read_costs_nothing(first: Scripted, make: Make) -> None:
    async def gone(name: str) -> str:
        raise FileNotFoundError(name)

    with pytest.raises(NotSent, match="FileNotFoundError"):
        await make(row(first), data_uri=gone).create(replace(ORDER, end=PHOTO), REQUEST)
    assert first.posts == 0


# ── What may have been paid ──────────────────────────────────────────────────────────────────────────────────────────


async def test_a_host_that_stumbles_again_and_again_is_left_alone(first: Scripted, make: Make, desk: Desk) -> None:
    """Each order without an answer may be billed: a broken host must not eat a queue of them."""
    providers = make(row(first))
    for _ in range(12):
        first.say(502)
    lost = 0
    for _ in range(60):
        try:
            await providers.create(ORDER, REQUEST)
        except Ambiguous:
            lost += 1
        except NotSent:
            pass
        desk.now += 10
    assert lost == first.posts <= 6
    desk.now += 601
    first.steps.clear()
    first.say(201, {"id": "i"})
    assert isinstance(await providers.create(ORDER, REQUEST), Accepted)


async def test_only_hosts_that_are_chosen_are_bought_from(first: Scripted, second: Scripted, make: Make) -> None:
    providers = make(row(first), other(second), buying=["apilaplas"])
    second.say(429)
    with pytest.raises(NotSent):
        await providers.create(ORDER, REQUEST)
    assert first.seen == []
    first.say(200, {"id": "i", "status": "queued"})
    assert await providers.poll("aimlapi", "i", 1) == Pending()
    assert providers.terms().host == "apilaplas"
    assert set(providers.hosts()) == {"aimlapi", "apilaplas"}


async def test_a_photo_that_is_gone_is_not_paid_for(first: Scripted, make: Make) -> None:
    def gone(name: str) -> str:
        raise KeyError(name)

    answer = await make(row(first), link=gone).create(ORDER, REQUEST)
    assert isinstance(answer, Refused)
    assert first.posts == 0
