"""More than two hundred texts that want a browser to run them, each by `hit()`, and how to see whether one did.

Ways into a page (elements that run, handlers, addresses, encodings) times ways out of where a text stands: between
tags, in an attribute, in a title, a box, a comment, a script. One a line in hostile_markup.txt; ␤ is a line break.
"""

from __future__ import annotations

from pathlib import Path

LISTED = (Path(__file__).parent / "hostile_markup.txt").read_text(encoding="utf-8").splitlines()
RUNS = tuple(line.replace("␤", "\n") for line in LISTED)
OUT = ("", "\"'>", "-->", "</title></textarea></style></script>", "]]>")
PAYLOADS = tuple(way + run for way in OUT for run in RUNS)

TOGETHER = 25
"""So many stand in one text, each behind what would close the one before."""
CLOSING = "\n--></textarea></title>\"'>"
TEXTS = [CLOSING.join(PAYLOADS[start : start + TOGETHER]) for start in range(0, len(PAYLOADS), TOGETHER)]

WATCH = """
  window.ran = []
  window.hit = window.alert = () => ran.push("a script ran")
  document.addEventListener("securitypolicyviolation", one => ran.push(`${one.violatedDirective} ${one.blockedURI}`))
"""
"""To be run before a page: what would show that a text was taken for more than text."""

FOUND = """own => {
  const loads = ["href", "src", "action", "formaction", "data", "xlink:href"]
  const never = ["iframe", "object", "embed", "base", "math", "marquee", "xss", "image", "audio", "video"]
  const runs = it => /^on/i.test(it.name) || (loads.includes(it.name) && /^\\s*(javascript|data:text)/i.test(it.value))
  const shut = 'iframe[sandbox=""]:not([srcdoc])'
  const ours = one => own.some(start => (one.src || "").includes(start)) || one.matches(shut)
  return [...ran, ...[...document.querySelectorAll("*")].flatMap(one => [
    ...[...one.attributes].filter(runs).map(it => `${it.name}=${it.value}`),
    ...([...never, "script"].includes(one.localName) && !ours(one) ? [one.outerHTML] : []),
  ])].map(text => text.slice(0, 120))
}"""
"""What ran, what the browser had to forbid, and every element and attribute that could run something."""
