"""What hosters and other programs write into `DATABASE_URL`: understood, or refused in words that show nothing."""

import string
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Misconfigured
from storage.database_url import PLACEHOLDER, PORT, PRISMA, SCHEME, UNREADABLE, read, secrets

AT = "postgresql://ann:secret@db.example.com:6543/photos"
BOTH = {"settings": {"search_path": "x", "statement_timeout": "5s"}}
RAW = string.ascii_letters + string.digits + "#/?@:!$^*()[]{}<>|~`.,;+-_"
"""What a password may hold as it is: % begins a code, = and & are what parameters are made of."""


@pytest.mark.parametrize(
    "url",
    [
        AT,
        AT.replace("postgresql:", "postgres:"),
        AT.replace("postgresql:", "postgresql+asyncpg:"),
        AT.replace("postgresql:", "postgresql+psycopg2:"),
        AT.replace("postgresql:", "POSTGRES:"),
        f"  {AT}\n",
        f'"{AT}"',
        f"psql '{AT}'",
        f"jdbc:{AT}",
        f"DATABASE_URL={AT}",
        f'DATABASE_URL="jdbc:{AT}"',
        f"export DATABASE_URL='{AT}';",
        f'$env:DATABASE_URL = "{AT}"',
        f"DATABASE_URL: {AT}",
        f"psql {AT} -c 'select 1'",
        f"psql -X -d '{AT}'",
        f"\u201c{AT}\u201d",
        f"<{AT}>",
        f"\ufeff{AT}",
        AT.replace("postgresql:", "pgsql:"),
        AT.replace("postgresql:", "postgis:"),
        f"{AT}/",
        f"{AT}?",
        f"{AT}?channel_binding=require&something_new=7&supa=base-pooler.x&pool_timeout=30&uselibpqcompat=true&flag",
        "postgresql://db.example.com:6543/photos?user=ann&password=secret",
        "postgresql:///photos?host=db.example.com&port=6543&user=ann&password=secret",
        "postgresql://ann:secret@elsewhere:1/x?host=db.example.com&port=6543&dbname=photos",
    ],
)
def test_who_where_and_what(url: str) -> None:
    found = read(url)
    assert (found.user, found.password, found.database) == ("ann", "secret", "photos")
    assert (found.hosts, found.ports) == (("db.example.com",), (6543,))
    assert (found.settings, found.tls, found.options, found.pooled) == ({}, "", "", False)


@given(password=st.text(RAW, min_size=1), user=st.text(string.ascii_letters + ".-_", min_size=1))
def test_a_password_may_be_written_as_it_is(password: str, user: str) -> None:
    found = read(f"postgresql://{user}:{password}@db.example.com:6543/photos?sslmode=require")
    assert (found.user, found.password) == (user, password)
    assert (found.hosts, found.ports, found.database) == (("db.example.com",), (6543,), "photos")


CODED = st.text(st.characters(exclude_characters="\0"), min_size=1)


@given(password=CODED, user=CODED, database=st.text(string.printable, min_size=1))
def test_or_in_code(password: str, user: str, database: str) -> None:
    try:
        coded = [quote(text, safe="") for text in (user, password, database)]
    except UnicodeEncodeError:
        return  # half a character
    found = read("postgresql://{}:{}@[::1]:6543/{}".format(*coded))
    assert (found.user, found.password, found.database) == (user, password, database)
    assert found.hosts == ("::1",)


@pytest.mark.parametrize("scheme", ["prisma", "prisma+postgres", "PRISMA"])
def test_an_address_of_another_service_is_named(scheme: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        read(f"DATABASE_URL={scheme}://accelerate.prisma-data.net/?api_key=secret")
    assert str(caught.value) == f"{PRISMA}."


@given(st.one_of(st.text(), st.text("postgresql+asyncpg:/@?#&=[],%0159ab ").map("postgresql://".__add__)))
def test_whatever_is_written_is_read_or_refused_and_not_repeated(url: str) -> None:
    said = ""
    try:
        read(url)
    except Misconfigured as error:
        said = str(error)
    assert (
        said in {"", *(f"{words}." for words in (SCHEME, PRISMA, UNREADABLE, PLACEHOLDER, PORT))} or "must be" in said
    )
    assert url in secrets(url)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("sslmode=require", {"tls": "sslmode=require"}),
        ("sslmode=REQUIRE", {"tls": "sslmode=require"}),
        ("sslmode=no-verify", {"tls": "sslmode=require"}),
        ("ssl=true", {"tls": "sslmode=require"}),
        ("ssl=verify-full&sslrootcert=/ca.pem", {"tls": "sslrootcert=%2Fca.pem&sslmode=verify-full"}),
        ("sslmode=verify-full&ssl=true", {"tls": "sslmode=verify-full"}),
        ("ssl=true&sslmode=verify-full", {"tls": "sslmode=verify-full"}),
        ("sslmode=verify-full&sslrootcert=system", {"tls": "", "public_tls": True}),
        ("pgbouncer=true", {"pooled": True}),
        ("pgbouncer=false", {"pooled": False}),
        ("prepared_statement_cache_size=0", {"pooled": True}),
        ("statement_cache_size=100", {"pooled": False}),
        ("prepareThreshold=0", {"pooled": True}),
        ("prepared_statements=false", {"pooled": True}),
        ("default_query_exec_mode=simple_protocol", {"pooled": True}),
        ("workaround=supabase-pooler.vercel", {"pooled": True}),
        ("connection_limit=1", {"connections": 1}),
        ("pool_size=3", {"connections": 3}),
        ("connect_timeout=30", {"timeout": 30}),
        ("connect_timeout=0", {"timeout": 10.0}),
        ("application_name=me@there", {"name": "me@there"}),
        ("schema=my app", {"settings": {"search_path": '"my app"'}}),
        ("schema=a%22b", {"settings": {"search_path": '"a""b"'}}),
        ("currentSchema=one,two", {"settings": {"search_path": '"one", "two"'}}),
        ("search_path=one,two", {"settings": {"search_path": "one,two"}}),
        ("statement_timeout=5000", {"settings": {"statement_timeout": "5000"}}),
        ("options=-c%20search_path%3Dx%20-cstatement_timeout%3D5s", BOTH),
        ("options=--search_path%3Dx", {"settings": {"search_path": "x"}}),
        ("options=-c+search_path%3Dx", {"settings": {"search_path": "x"}}),
        ("options=endpoint%3Dep-cool-1", {"options": "endpoint=ep-cool-1"}),
        ("options=--cluster%3Dcool-1", {"options": "--cluster=cool-1", "settings": {}}),
        ("options=%22unclosed", {"options": '"unclosed'}),
    ],
)
def test_parameters(parameters: str, expected: dict[str, Any]) -> None:
    found = read(f"{AT}?{parameters}")
    assert {name: getattr(found, name) for name in expected} == expected
    assert found.password == "secret"


def test_several_servers_and_sockets() -> None:
    assert read("postgresql://u:p@a:1,b,[::1]:3/d").hosts == ("a", "b", "::1")
    assert read("postgresql://u:p@a:1,b,[::1]:3/d").ports == (1, 5432, 3)
    for url in ("postgresql://u:@/d?host=/run/pg", "postgresql://%2Frun%2Fpg/d", "postgresql:///d?host=%2Frun%2Fpg"):
        assert (read(url).hosts, read(url).database) == (("/run/pg",), "d")
    assert read("postgresql://u:p@localhost/d?host=/cloudsql/a:b:c").hosts == ("/cloudsql/a:b:c",)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://u:hunter2@h/d", "must start with postgresql://"),
        ("prisma+postgres://h/?api_key=hunter2", "of Prisma.s own service"),
        ("hunter2", "must start with postgresql://"),
        ("host=h dbname=d password=hunter2", "must start with postgresql://"),
        ("postgresql://u:hunter2@h h/d", "must look like"),
        ("postgresql://u:hunter2%00@h/d", "must look like"),
        ("postgresql://u:hunter2@h/a b#c", "must look like"),
        ("postgresql://postgres.abc:[YOUR-PASSWORD]@h:6543/d", "still a placeholder"),
        ("postgresql://u:<db_password>@h/d", "still a placeholder"),
        ("postgresql://u@h/d?password=your_password", "still a placeholder"),
        ("postgresql://u:hunter2@h:99999/d", "a port is a number"),
        ("postgresql://u:hunter2@h/d?port=hunter2", "a port is a number"),
        ("postgresql://u:hunter2@h/d?sslmode=hunter2", "sslmode must be one of"),
        ("postgresql://u:hunter2@h/d?connect_timeout=hunter2", "connect_timeout must be a number"),
        ("postgresql://u:hunter2@h/d?connection_limit=0", "connection_limit must be a number, 1 or more"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_shown(url: str, words: str) -> None:
    with pytest.raises(Misconfigured, match=words) as caught:
        read(url)
    assert "hunter2" not in str(caught.value)


def test_the_password_is_a_secret_however_it_is_written() -> None:
    assert set(secrets("postgres://u:p%40ss@h/d")) == {"postgres://u:p%40ss@h/d", "p%40ss", "p@ss"}
    assert "hunter2" in secrets("postgres://h/d?user=u&password=hunter2")
    assert "hunter2" not in repr(read("postgres://u:hunter2@h/d"))
