"""`photoplay reconcile` in the real program, against a host that keeps receipts."""

from pathlib import Path

from killed import remember_quick_renders
from shell import photoplay

from generator.models import DEFAULT as MODEL
from generator.receipts import Asked
from tests import templates
from tests.loopback.provider.paid import PaidHost


async def test_reconcile_says_what_fits_and_what_does_not(tmp_path: Path, photo: Path, clip: bytes) -> None:
    await templates.put(tmp_path / "data", remember_quick_renders)
    host = PaidHost(clip)
    async with host.serve() as base:
        keys = {"AIMLAPI_KEY": "sk-1", "AIMLAPI_URL": base}
        code, _, err = await photoplay(tmp_path, "animate", str(photo), "slowly", "-o", "c.mp4", **keys)
        assert code == 0, err
        code, out, err = await photoplay(tmp_path, "reconcile", **keys)
        assert (code, err) == (0, "")
        assert "1 paid and delivered ($0.16)" in out
        host.receipts.begin(Asked("stray:kling/v1", None, "r", MODEL), 315_000)
        host.receipts.settle("stray:kling/v1", succeeded=True)
        code, out, err = await photoplay(tmp_path, "reconcile", "--since", "7d", **keys)
        assert (code, err) == (0, "")
        assert "1 paid and not known here ($0.16)" in out
        assert "AI/ML API: stray:kling/v1, 0.1575 USD" in out
        for wrong in ("yesterday", "91d", "0d", "2999-01-01"):
            code, _, err = await photoplay(tmp_path, "reconcile", "--since", wrong, **keys)
            assert (code, err.startswith("From when on?")) == (1, True), err
    code, _, err = await photoplay(tmp_path, "reconcile", **keys)
    assert (code, "cannot be read: no answer" in err) == (2, True), err
    code, _, err = await photoplay(tmp_path, "reconcile", APILAPLAS_KEY="sk-2")
    assert (code, "nothing to compare" in err) == (1, True), err
