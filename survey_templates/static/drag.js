// Things to put in order are dragged by their grip, with a mouse or a finger. Keyboards have the buttons beside it, and
// whatever moves says so by `moved`: what follows from that is the business of questions.js.
for (const list of document.querySelectorAll(".ranking ol")) {
  for (const item of list.children) {
    const grip = Object.assign(document.createElement("span"), {className: "grip", textContent: "≡"})
    grip.setAttribute("aria-hidden", "true")
    grip.addEventListener("pointerdown", event => event.button || drag(list, item, event))
    item.prepend(grip)
  }
}

// The others step aside around the one that is held: it stays where it is in the page, so that the pointer keeps it.
function drag(list, item, start) {
  const order = [...list.children], following = new AbortController(), signal = following.signal
  let from = start.clientY
  const middle = one => { const box = one.getBoundingClientRect(); return (box.top + box.bottom) / 2 }
  const stepAside = (other, way) => {
    const top = item.offsetTop
    item[way](other)
    from += item.offsetTop - top
  }
  const follow = ({clientY}) => {
    const edge = clientY < 60 ? -9 : clientY > innerHeight - 60 ? 9 : 0
    const before = scrollY
    if (edge) scrollBy(0, edge)
    from -= scrollY - before
    for (let moved = true; moved;) {
      item.style.translate = `0 ${clientY - from}px`
      const above = item.previousElementSibling, below = item.nextElementSibling
      if (above && middle(item) < middle(above)) stepAside(above, "after")
      else if (below && middle(item) > middle(below)) stepAside(below, "before")
      else moved = false
    }
  }
  const stop = dropped => {
    following.abort()
    item.classList.remove("held")
    item.style.translate = ""
    if (!dropped) list.append(...order)
    else if (order.some((one, at) => one !== list.children[at])) item.dispatchEvent(new Event("moved", {bubbles: true}))
  }
  start.preventDefault()
  list.setPointerCapture(start.pointerId)
  item.classList.add("held")
  list.addEventListener("pointermove", follow, {signal})
  list.addEventListener("pointerup", () => stop(true), {signal})
  list.addEventListener("pointercancel", () => stop(false), {signal})
  addEventListener("keydown", event => event.key === "Escape" && stop(false), {signal})
}
