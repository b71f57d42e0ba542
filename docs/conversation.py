"""Draws the pictures of conversations in README from what the bot really says: `make pictures`."""

import base64
import html
import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from bot import texts
from bot.conversation import Reply, ShownClip
from bot.jobs import status
from bot.jobs.polling import Rhythm
from bot.media.stored import StoredFile
from bot.model import Address, Clip, Job, Order, Photo, Render

HERE = Path(__file__).parent
PHOTO = HERE.parent / "adapters" / "web" / "samples" / "portrait.jpg"
PROMPT = texts.page.STAND_IN_SAMPLES["portrait"]

STYLE = """
* { box-sizing: border-box; margin: 0 }
body { width: 440px; padding: 14px; font: 15px/1.35 "Noto Sans", sans-serif; background: #b9cfae; color: #111 }
.row { display: flex; margin-bottom: 10px; align-items: flex-end }
.me { justify-content: flex-end }
.bubble { max-width: 350px; border-radius: 14px; padding: 8px 10px; background: #fff; white-space: pre-line }
.me .bubble { background: #e3fdcb }
.bubble img { display: block; width: 330px; border-radius: 8px; margin-bottom: 6px }
.film { position: relative }
.film i { position: absolute; inset: 0; margin: auto; width: 56px; height: 56px; border-radius: 50%; background: #0009 }
.film i::after { content: ""; position: absolute; left: 22px; top: 16px; border: 12px solid #0000;
  border-left: 20px solid #fff; border-right: 0 }
.film b { position: absolute; left: 8px; top: 8px; padding: 1px 7px; border-radius: 9px; background: #0009; color: #fff;
  font-size: 12px; font-weight: normal }
.quote { border-left: 3px solid #4a9; padding: 2px 8px; margin-bottom: 6px; border-radius: 4px; background: #eaf6f1;
  font-size: 13px; color: #365 }
.keys { display: grid; grid-template-columns: 1fr 1fr; gap: 4px; width: 350px; margin: -6px 0 10px }
.keys span { padding: 7px; border-radius: 9px; background: #0004; color: #fff; text-align: center; font-size: 14px }
.keys span:last-child:nth-child(odd) { grid-column: span 2 }
"""


def conversation() -> list[str]:
    """A photo with a caption, the status line, and the clip in its place."""
    order = Order("kling", Photo("photo.jpg", 960, 1280), PROMPT)
    clip = Clip("clip.mp4", 960, 1280, 5.0, 1_000_000)
    job = Job("k7m2p9q4xw", "", "telegram:7", Address("telegram", "7"), order, 5, "", 0.0, 0.0, credits_left=25)
    rhythm = Rhythm.of([Render(150.0 + 2 * n) for n in range(30)])
    done = status.result(job, ShownClip(StoredFile(Path(clip.name)), clip))
    return [
        bubble("me", f"{picture()}{html.escape(PROMPT)}"),
        said(status.line(job, rhythm, 0.0, ahead=1, slots=5)),
        said(done, film=True),
    ]


def said(reply: Reply, *, film: bool = False) -> str:
    """A reply of the bot's with its buttons."""
    shown = f'<div class="film">{picture()}<i></i><b>0:05</b></div>' if film else ""
    quote = f'<div class="quote">{html.escape(PROMPT)}</div>'
    keys = "".join(f"<span>{html.escape(button.label)}</span>" for button in reply.buttons)
    return bubble("bot", f"{quote}{shown}{html.escape(reply.text)}") + f'<div class="keys">{keys}</div>'


def bubble(side: str, inside: str) -> str:
    return f'<div class="row {side}"><div class="bubble">{inside}</div></div>'


def picture() -> str:
    return f'<img src="data:image/jpeg;base64,{base64.b64encode(PHOTO.read_bytes()).decode()}" alt="">'


def draw(name: str) -> None:
    """Write `docs/<name>.jpg`."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 440, "height": 100}, device_scale_factor=2)
        page.set_content(f"<style>{STYLE}</style>{''.join(conversation())}")
        shot = Image.open(io.BytesIO(page.screenshot(full_page=True)))
        browser.close()
    shot.convert("RGB").resize((shot.width * 3 // 4, shot.height * 3 // 4)).save(HERE / f"{name}.jpg", quality=85)


if __name__ == "__main__":
    draw("telegram")
