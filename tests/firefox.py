"""`python -m tests.firefox`: the built site in Firefox: formulas, figures, sliders, palette and search, and what the console says.

It needs Firefox, Node.js (20 or newer) and npm, which fetches the driver for the time of the command. Playwright drives only a
Firefox of its own; the driver speaks WebDriver BiDi with the one of the system. It exits with 1 if anything is wrong.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.site.conftest import PAGES, build_site, served

DRIVER = "puppeteer-core@24"
SCRIPT = """
import puppeteer from "puppeteer-core"

const [firefox, address, ...paths] = process.argv.slice(2)
const browser = await puppeteer.launch({ browser: "firefox", executablePath: firefox, headless: true })
const page = await browser.newPage(), wrong = []
let at = ""
page.on("console", message => ["error", "warn"].includes(message.type()) && wrong.push(`${at}: ${message.text()}`))
page.on("pageerror", error => wrong.push(`${at}: ${error}`))
const expect = (holds, what) => holds || wrong.push(`${at}: ${what}`)
const wait = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds))

for (const width of [1280, 360]) {
  await page.setViewport({ width, height: 800 })
  for (at of paths) {
    await page.goto(address + at, { waitUntil: "load" })
    await page.waitForSelector("article h1")
    const seen = await page.evaluate(async () => {
      for (let y = 0; y < document.documentElement.scrollHeight; y += 900) {
        scrollTo(0, y)
        await new Promise(resolve => setTimeout(resolve, 30))
      }
      await document.fonts.ready
      const formulas = [...document.querySelectorAll("math")].filter(formula => formula.checkVisibility())
      return {
        wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        broken: [...document.images].filter(image => image.complete && !image.naturalWidth).length,
        flat: formulas.filter(formula => formula.getBoundingClientRect().height < 5).length,
        font: !formulas.length || [...document.fonts].some(font => font.family.includes("Maths") && font.status === "loaded"),
      }
    })
    expect(seen.wide <= 0, `${seen.wide} pixels too wide at ${width}`)
    expect(!seen.broken, `${seen.broken} images are missing`)
    expect(!seen.flat, `${seen.flat} formulas have no height`)
    expect(seen.font || width === 1280, "the font of the formulas is not there") // on the first view it may come too late
  }
}
await page.setViewport({ width: 1280, height: 800 })
at = "gradients/chain-rule/"
await page.goto(address + at, { waitUntil: "load" })
const slider = () => page.evaluate(() => {
  const box = document.querySelector(".slider")
  return [box.querySelector("output").textContent, box.querySelector("img").currentSrc.match(/\\d+(?=\\.svg)/)[0], box.querySelector("button").getAttribute("aria-label")].join()
})
await page.focus(".slider input")
await page.keyboard.press("End")
expect(await slider() === "5,5,Play", `the slider says ${await slider()} at its end`)
await page.focus(".slider button")
await page.keyboard.press("Enter")
await wait(1300)
expect(/^[1-3],[1-3],Pause$/.test(await slider()), `the button plays ${await slider()}`)
const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
const before = await paper()
for (let i = 0; i < 2 && await paper() === before; i++) {
  await page.evaluate(() => [...document.querySelectorAll("form[data-md-component=palette] label")].find(label => label.checkVisibility()).click())
  await wait(300)
}
expect(await paper() !== before, "the palette does not change")
await page.focus(".md-search__input")
await page.keyboard.type("nabla")
await wait(3000)
const first = await page.evaluate(() => document.querySelector(".md-search-result__link")?.getAttribute("href") ?? "nothing")
expect(first.includes("gradients/gradient/"), `the search finds ${first}`)
console.log(JSON.stringify({ version: await browser.version(), wrong }))
await browser.close()
"""


def main():
    firefox = next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)
    if not firefox:
        sys.exit("no Firefox: apt-get install firefox-esr (Debian)")
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch).resolve()
        (scratch / "look.mjs").write_text(SCRIPT, "utf-8")
        subprocess.run(["npm", "install", "--silent", "--no-save", "--prefix", str(scratch), DRIVER], check=True)
        (scratch / "site").mkdir()
        with served(scratch / "site") as address:
            build_site(scratch / "site", SITE_URL=address)
            pages = [path for path in PAGES if path != "404.html"]
            command = ["node", str(scratch / "look.mjs"), firefox, address, *pages]
            done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=900)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    found = json.loads(done.stdout.splitlines()[-1])
    print(f"{found['version']}: {len(pages)} pages at 1280 and at 360 pixels, {len(found['wrong'])} things wrong")
    for line in found["wrong"]:
        print(line)
    sys.exit(bool(found["wrong"]))


if __name__ == "__main__":
    main()
