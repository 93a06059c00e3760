"""What the playground needs to open one example as the live stepper: its page with slots, and pieces of its graph.

The network and its weights are known in the browser alone, so the graph is built there, by `scalar_network.js`, and
drawn by `playground_stepper.js`. All that is said of its nodes is written here, once for each piece.
"""

from __future__ import annotations

from typing import Any

from ..javascript.pieces import Piece, pieces
from ..javascript.tables import Table
from ..notation import sign
from ..pictures.box_facts import settings_of, title_of
from .live import live_content, live_parts
from .page import Document, assembled, legend

DATA = '<script type="application/json" id="trace">⟪data⟫</script>\n'


def stepper(theme: str) -> tuple[dict[str, Any], Document, Table]:
    """What `playground_stepper.js` reads; the page with slots, such as ⟪title⟫; and `OPS` for the graph of both."""
    described: dict[str, Any] = {}
    said: dict[str, Any] = {}
    live: dict[str, Any] = {}
    operations: dict[str, str] = {}
    for name, piece in pieces().items():
        entry: dict[str, Any] = {"arity": piece.arity, "nodes": [], "parts": [], "mistakes": [], "faces": _faces(piece)}
        if piece.graph is not None:
            live = live_content(piece.trace, piece.graph)
            entry |= {"nodes": live["nodes"], "parts": live["parts"]["nodes"], "mistakes": live["mistakes"]}
            said |= live["parts"]["operations"]
            operations |= piece.graph.operations.entries
        described[name] = entry
    table = Table("OPS", operations, {})
    kinds = legend(["leaf", "constant", "result", "root"])
    document = assembled(live_parts(None, "⟪last⟫", "⟪svg⟫", table), "⟪title⟫", "⟪note⟫", kinds, theme)
    always = {key: live[key] for key in live.keys() - {"nodes", "root", "parts", "mistakes", "learning"}}
    html = document.html.replace("</body>", f"{DATA}</body>")
    return {"html": html, "pieces": described, "operations": said, "live": always}, document, table


def _faces(piece: Piece) -> list[Any]:
    """What stands in the boxes of its computed nodes, as in `pictures.scene`."""
    nodes = piece.trace.nodes
    return [
        None
        if node.op is None
        else {
            "strong": sign(node.op),
            "aside": title_of(node, nodes),
            "quiet": [f"{key} {value}" for key, value in settings_of(node)],
        }
        for node in nodes.values()
    ]
