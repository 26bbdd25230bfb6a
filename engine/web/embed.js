/* Heed inside your product: shows a survey when one is due for whoever is signed in, and nothing otherwise.
   <script src="https://ask.example.com/embed.js" data-token="/your/token" data-place="#where" defer></script>
   data-token: an address of yours that answers with the signed token, as text. data-place: where it stands in the page;
   without it, a panel at the corner. It asks once a page, takes no focus, keeps nothing but that it was closed. */
(() => {
  const home = new URL(document.currentScript.src).origin
  const {token, place} = document.currentScript.dataset
  const drawer = "heed closed"

  if (token) start().catch(() => {})

  async function start() {
    const signed = await fetch(token, {credentials: "same-origin"})
    if (!signed.ok) return
    const answer = await fetch(home + "/embed/ask", {method: "POST", body: await signed.text(), credentials: "omit"})
    if (!answer.ok) return
    const due = await answer.json()
    if (due.due && due.frame.startsWith(home + "/f/") && closed() !== due.mark) show(due)
  }

  function show(due) {
    const there = place && document.querySelector(place)
    const panel = make("section", {lang: due.lang, dir: due.dir, className: "heed"})
    panel.setAttribute("aria-label", due.title)
    const close = make("button", {type: "button", textContent: due.close})
    const frame = make("iframe", {src: due.frame, title: due.title, referrerPolicy: "no-referrer"})
    frame.setAttribute("sandbox", "allow-scripts allow-forms allow-same-origin allow-popups allow-popups-to-escape-sandbox")
    // By the style object, which a Content-Security-Policy without inline styles allows.
    Object.assign(panel.style, {
      display: "flex", flexDirection: "column", boxSizing: "border-box", background: "Canvas", color: "CanvasText",
      border: "1px solid GrayText", borderRadius: "6px", overflow: "hidden", fontFamily: "system-ui, sans-serif",
    })
    if (!there) Object.assign(panel.style, {
      position: "fixed", insetBlockEnd: "16px", insetInlineEnd: "16px", zIndex: "2147483000",
      inlineSize: "min(420px, calc(100vw - 32px))", maxBlockSize: "calc(100vh - 32px)",
    })
    Object.assign(close.style, {
      alignSelf: "flex-end", minBlockSize: "44px", padding: "8px 16px", border: "0", background: "none",
      color: "inherit", font: "inherit", textDecoration: "underline", cursor: "pointer",
    })
    Object.assign(frame.style, {inlineSize: "100%", blockSize: "480px", border: "0", flexShrink: "1", minBlockSize: "0"})
    panel.append(close, frame)
    const hide = () => { panel.remove(); removeEventListener("message", hear); keep(due.mark) }
    const hear = event => {
      if (event.source !== frame.contentWindow || event.origin !== home) return
      const said = event.data?.heed
      if (said === "close") hide()
      if (Number.isFinite(said)) frame.style.blockSize = Math.min(Math.max(said, 160), 20000) + "px"
    }
    close.addEventListener("click", hide)
    panel.addEventListener("keydown", event => event.key === "Escape" && hide())
    addEventListener("message", hear)
    ;(there || document.body).append(panel)
  }

  function make(name, properties) {
    return Object.assign(document.createElement(name), properties)
  }

  function keep(mark) {
    try { sessionStorage.setItem(drawer, mark) } catch { /* It comes back on the next page. */ }
  }

  function closed() {
    try { return sessionStorage.getItem(drawer) } catch { return null }
  }
})()
