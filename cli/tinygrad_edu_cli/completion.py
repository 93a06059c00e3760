"""What a shell offers at the Tab key. Nothing of the user's is run, nor NumPy imported: an answer comes at once."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    shell_complete,
    split_arg_string,
)

from .lecture import PERCEPTRON

PROGRAM, VARIABLE = "tinygrad-edu", "_TINYGRAD_EDU_COMPLETE"
SHELLS = {
    "bash": ("~/.bashrc", f'eval "$({VARIABLE}=bash_source {PROGRAM})"'),
    "zsh": ("~/.zshrc", f'autoload -Uz compinit && compinit; eval "$({VARIABLE}=zsh_source {PROGRAM})"'),
    "fish": (f"~/.config/fish/completions/{PROGRAM}.fish", f"{VARIABLE}=fish_source {PROGRAM} | source"),
}

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
MOST_FILES = 20  # whose functions are looked for

# --- what is offered -------------------------------------------------------------------------------------------------


def words(known: Iterable[str]) -> Complete:
    """One of some words."""
    return lambda context, param, incomplete: _items(known, incomplete)


def words_or_files(known: Sequence[str], *suffixes: str) -> Complete:
    """One of some words, or a file that ends in one of some suffixes."""
    return lambda context, param, incomplete: _items([*known, *_files(incomplete, suffixes)], incomplete)


NETWORKS, TABLES = words_or_files((), ".safetensors"), words_or_files((), ".csv")


def sources(context: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """FILE.py:FUNC, with the functions that are in the file, or TRACE.json."""
    path, colon, _ = incomplete.rpartition(":")
    if colon and path.endswith(".py"):
        return _items([f"{path}:{name}" for name in _functions(path)], incomplete)
    found = _files(incomplete, (".py", ".json"))
    programs = [path for path in found if path.endswith(".py")]
    if len(programs) <= MOST_FILES:
        found += [f"{path}:{name}" for path in programs for name in _functions(path)]
    return _items(found, incomplete)


def settings(context: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """NAME= for each name of the expression that has no number yet."""
    source, given = _given(context)
    return _items([f"{name}=" for name in _names(source) if name not in given], incomplete)


def learned(context: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of the expression, with commas between."""
    source, given = _given(context)
    before, comma, _ = incomplete.rpartition(",")
    names = [name for name in dict.fromkeys([*given, *_names(source)]) if name not in before.split(",")]
    return _items([f"{before}{comma}{name}" for name in names], incomplete)


def breakpoints(context: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The nodes that have names, and op:NAME for each operation of the expression; update:NAME once it is begun."""
    source, given = _given(context)
    called = [name for name in re.findall(r"(\w+)\s*\(", source) if name.isidentifier()]
    signs = [name for sign, name in _SIGNS.items() if re.search(sign, source)]
    operations = [f"op:{name}" for name in dict.fromkeys([*called, *signs])]
    names = [*dict.fromkeys([*given, *_names(source), *_assigned(source)])]
    updates = [f"update:{name}" for name in names] if incomplete.startswith("up") else []
    return _items([*names, *operations, *updates], incomplete)


def compared(context: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """SETTING=, then values of it; or a folder of a recorded run."""
    options = {
        option.opts[0].lstrip("-"): option for option in context.command.params if isinstance(option, click.Option)
    }
    name, equals, listed = incomplete.partition("=")
    if not equals:
        return _items([*(f"{option}=" for option in options), *_files(incomplete, ())], incomplete)
    known = getattr(getattr(options.get(name), "type", None), "known", ())
    before = f"{name}={listed[: listed.rfind(',') + 1]}"
    taken = listed.split(",")[:-1]
    return _items([f"{before}{word}" for word in known if word not in taken], incomplete)


_SIGNS = {
    r"\+": "add",
    r"(?<!\*)\*(?!\*)": "multiply",
    r"(?<=[\w)\]])\s*-": "subtract",
    "/": "divide",
    r"\*\*": "power",
    "@": "matmul",
}


def _items(found: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(word) for word in found if word.startswith(incomplete)]


def _given(context: click.Context) -> tuple[str, list[str]]:
    """The expression, and the names to which numbers are given, in an unfinished line, which click does not parse."""
    takes = {word: p for p in context.command.params if isinstance(p, click.Option) for word in p.opts}
    arguments = iter((context.obj or ())[1:])  # behind the command's name
    source, names = PERCEPTRON, []
    for word in arguments:
        option, joined, value = word.partition("=")
        if option not in takes:
            source = source if word.startswith("--") else word
        elif not takes[option].is_flag:
            value = value if joined else next(arguments, "")
            names += [value.partition("=")[0]] if option == "--set" else []
    return source, [name for name in names if name]


def _names(source: str) -> list[str]:
    """The names of an expression that stand for numbers, in their order."""
    if source.endswith(".json") or re.search(r"\.py(:\w*)?$", source):
        return []
    found = re.findall(r"[^\W\d]\w*(?!\w)(?!\s*\()", source)
    return [name for name in dict.fromkeys(found) if name not in _assigned(source)]


def _assigned(source: str) -> list[str]:
    return re.findall(r"([^\W\d]\w*)\s*=(?!=)", source)


def _files(incomplete: str, suffixes: Sequence[str]) -> list[str]:
    """Folders, and files that end so, whose path begins so."""
    folder, _, start = incomplete.rpartition("/")
    place = f"{folder}/" if "/" in incomplete else ""
    try:
        entries = sorted(os.scandir(os.path.expanduser(place) or "."), key=lambda entry: entry.name)
    except OSError:
        return []
    shown = [entry for entry in entries if entry.name.startswith(start) and (start or entry.name[0] != ".")]
    folders = [f"{place}{entry.name}/" for entry in shown if entry.is_dir()]
    return [f"{place}{entry.name}" for entry in shown if entry.name.lower().endswith(tuple(suffixes))] + folders


def _functions(path: str) -> list[str]:
    """The functions at the top of a file that need no arguments; the file is read, and not run."""
    try:
        program = ast.parse(Path(os.path.expanduser(path)).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return []
    return [
        item.name
        for item in program.body
        if isinstance(item, ast.FunctionDef) and len(item.args.args) == len(item.args.defaults) and item.name[0] != "_"
    ]


# --- how shells ask --------------------------------------------------------------------------------------------------

_GOES_ON = ("=", ":", "/")  # behind these no space is put, as more follows

_BASH = """\
%(complete_func)s() {
    local line type value
    COMPREPLY=()
    while IFS= read -r line; do
        IFS=, read -r type value <<< "$line"
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            open) compopt -o nospace; COMPREPLY+=("$value") ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \
%(complete_var)s=bash_complete "$1" 2>/dev/null)
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_ZSH = """\
#compdef %(prog_name)s
%(complete_func)s() {
    local type value
    local -a response plain open
    (( ! $+commands[%(prog_name)s] )) && return 1
    response=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \
%(complete_var)s=zsh_complete %(prog_name)s 2>/dev/null)}")
    for type value in ${response}; do
        case $type in
            dir) _path_files -/ ;;
            file) _path_files -f ;;
            open) open+=("$value") ;;
            plain) plain+=("$value") ;;
        esac
    done
    [[ -n $plain ]] && compadd -U -V words -a plain
    [[ -n $open ]] && compadd -U -V open -S '' -a open
    return 0
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""


_FISH = """\
function %(complete_func)s
    for line in (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp) COMP_CWORD=(commandline -t) \
%(prog_name)s 2>/dev/null)
        set -l parts (string split -m 1 "," $line)
        switch $parts[1]
            case dir
                __fish_complete_directories $parts[2]
            case file
                __fish_complete_path $parts[2]
            case plain
                echo $parts[2]
        end
    end
end
complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


def _kind(item: CompletionItem) -> str:
    return "open" if item.type == "plain" and item.value.endswith(_GOES_ON) else item.type


class _KnowsArguments(ShellComplete):
    """The words before the cursor are the context's `obj`: click forgets them where an option lacks its value."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        self.ctx_args = {"obj": tuple(args)}
        return super().get_completions(args, incomplete)


class Bash(_KnowsArguments, BashComplete):
    """Bash parts words at its own signs, ":" and "=" among them; so the line is read as it stands."""

    source_template = _BASH
    replaced = ""  # the part of the word that bash leaves alone

    def get_completion_args(self) -> tuple[list[str], str]:
        end = "\x00"  # where the cursor is
        *args, incomplete = split_arg_string(os.environ.get("COMP_LINE", "") + end) or [end]
        incomplete = incomplete.removesuffix(end)
        breaks = [sign for sign in ":=" if sign in os.environ.get("COMP_WORDBREAKS", ":=")]
        self.replaced = incomplete[: max((incomplete.rfind(sign) + 1 for sign in breaks), default=0)]
        return args[1:], incomplete

    def format_completion(self, item: CompletionItem) -> str:
        return f"{_kind(item)},{str(item.value).removeprefix(self.replaced)}"


class Zsh(_KnowsArguments, ZshComplete):
    """Zsh, with no space behind what goes on."""

    source_template = _ZSH

    def format_completion(self, item: CompletionItem) -> str:
        return f"{_kind(item)}\n{item.value}"


class Fish(_KnowsArguments, FishComplete):
    """Fish, with commas in words; by itself it puts no space behind what goes on."""

    source_template = _FISH

    def format_completion(self, item: CompletionItem) -> str:
        return f"{item.type},{item.value}"


def answer(cli: click.Command, instruction: str) -> bool:
    """Print what a shell asks for: "bash_source" is its script, "bash_complete" the words.

    Returns:
        whether it was an instruction that is known.
    """
    for shell in (Bash, Zsh, Fish):
        add_completion_class(shell)
    return shell_complete(cli, {}, PROGRAM, VARIABLE, instruction) == 0
