"""Programs that find where the focus should be, and where it is."""

READY = """document.querySelector('#slider') ? document.querySelector('#slider[aria-valuetext]') !== null
    : window.tinygrad !== undefined"""
FRAME_READY = "() => document.querySelector('h1') && !document.querySelector('#program')"
# What Tab should lead to, in order: of radio buttons of one name the chosen one.
STOPS = """() => {
    document.querySelectorAll("details").forEach((part) => { part.open = true; });
    const all = "button, input, select, textarea, summary, a[href], [tabindex='0']";
    window.stops = [...document.querySelectorAll(all)].filter((each) => {
        const chosen = each.type !== "radio" || each.checked;
        return each.checkVisibility({ visibilityProperty: true }) && !each.disabled && each.tabIndex === 0 && chosen;
    });
    return stops.length;
}"""
# The focus has come to rest: on its way into a frame, or out of it, nothing has it for a moment, but the page has.
AT_REST = "() => document.activeElement !== document.body || !document.hasFocus()"
# Where the focus is: its place among the stops, and what is wrong with how it looks; null at the end of the page.
FOCUS = """() => {
    const each = document.activeElement;
    if (!each || each === document.body) return null;
    const wrong = [], box = each.getBoundingClientRect(), about = `${each.tagName}#${each.id} ${each.className}`;
    const outlined = (part) => {
        const style = getComputedStyle(part);
        return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    };
    const ring = each.querySelector(":scope > .ring"), label = each.closest("label");
    const isRinged = ring && getComputedStyle(ring).stroke !== "none";
    const isFrame = each.tagName === "IFRAME"; // what has the focus is in there, and shown by that page
    if (!isFrame && !outlined(each) && !isRinged && !(label && outlined(label))) wrong.push(`${about} shows no focus`);
    // Seen is what is not wholly behind something.
    const seen = label && each.type === "radio" ? label.getBoundingClientRect() : box;
    const isSeen = [0.5, 0.1, 0.9].some((across) => [0.5, 0.1, 0.9].some((down) => {
        const [x, y] = [seen.left + across * seen.width, seen.top + down * seen.height];
        const top = document.elementFromPoint(x, y);
        return top && (each.contains(top) || label?.contains(top));
    }));
    if (!isSeen) wrong.push(`${about} is out of sight`);
    return [stops.indexOf(each), wrong];
}"""
