"""The command `tinygrad-edu`: its subcommands, and the one place that turns errors into words and exit codes."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import click

import tinygrad_edu_words
from tinygrad_edu_words import LANGUAGES, _, grouped

from . import completion, cuda_errors, output, translating
from .commands import help as help_commands
from .commands.bench import bench
from .commands.compare import compare
from .commands.doctor import doctor
from .commands.evaluate import evaluate
from .commands.graph import graph
from .commands.landscape import landscape
from .commands.playground import playground
from .commands.predict import predict
from .commands.replay import replay
from .commands.step import step
from .commands.train import train
from .commands.tutorial import tutorial
from .errors import DONE, INTERRUPTED, NEGATIVE, UNREADABLE, USAGE, CommandError, error_line, reason

LONGEST, MOST = 1000, 40  # characters of a line, and lines, that an error takes


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 a negative result, 2 wrong usage, 3 an optional piece is missing, 4 a file cannot be "
    "read or written, 130 interrupted.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda context, _option, asked: _version(context) if asked else None,
    help="Show the version and exit.",
)
@click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    expose_value=False,
    help="The language to speak, instead of that of the locale. It stands before the command.",
)
def cli() -> None:
    """See how a neural network learns: step through backpropagation to and fro, predict it, draw it, train it.

    \b
    Start here:
      tinygrad-edu step
      tinygrad-edu step "e = a*b; e*c + e" --set a=2 --set b=-3 --set c=4 --predict
      tinygrad-edu step --html page.html --gif steps.gif
      tinygrad-edu step --order naive
      tinygrad-edu graph "tanh(w*x + b)" --set w=2 --set x=-1 --set b=0.5 -o neuron.svg
      tinygrad-edu train --data moons
      tinygrad-edu compare lr=0.001,0.1,10 --data moons
      tinygrad-edu landscape optimizer=sgd,adam --data moons
      tinygrad-edu playground -o play.html
      tinygrad-edu tutorial
    """


cli.add_command(step)
cli.add_command(tutorial)
cli.add_command(graph)
cli.add_command(train)
cli.add_command(compare)
cli.add_command(landscape)
cli.add_command(playground)
cli.add_command(replay)
cli.add_command(predict)
cli.add_command(evaluate)
cli.add_command(doctor)
cli.add_command(bench)
cli.add_command(help_commands.help_command)
cli.add_command(help_commands.completion)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: of the command line, without the program's name; None for those of this process.
    Returns:
        the exit code; see `errors.py`.
    """
    _replace_closed_streams()
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    with translating.speaking(_language(arguments)):
        return _run(arguments)


def _run(arguments: list[str]) -> int:
    try:
        asked = os.environ.get(completion.VARIABLE)
        if asked and not completion.answer(cli, asked):
            raise CommandError(
                _("{question} is no shell's question").format(question=f"{completion.VARIABLE}={asked}"),
                _("see: {command}").format(command="tinygrad-edu completion"),
            )
        if asked:
            return DONE
        spoken = translating.translated(cli)
        with spoken.make_context("tinygrad-edu", arguments) as context:
            spoken.invoke(context)
        return DONE
    except click.exceptions.Exit as exit:  # --help and --version
        return exit.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else error.format_message(), err=True)
        return USAGE
    except click.ClickException as error:
        return _complain(_usage(error), USAGE)
    except CommandError as error:
        return _complain(error.explain(output.encoding(sys.stderr)), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        click.echo(_("interrupted"), err=True)
        return INTERRUPTED
    except OSError as error:
        return _output_failed(error)
    except MemoryError as error:
        from tinygrad_edu.errors import TinygradError  # brings NumPy

        if isinstance(error, TinygradError):  # a GPU's, which says what to do
            return _complain(error_line(str(error)), NEGATIVE)
        what = ": ".join(filter(None, (_("there is not enough memory"), str(error))))
        hint = _("give it less: fewer examples, smaller batches, layers or arrays")
        return _complain(f"{error_line(what)}\n  {hint}", NEGATIVE)
    except Exception as error:
        if os.environ.get("TINYGRAD_EDU_DEBUG"):
            raise
        from tinygrad_edu.errors import TinygradError  # brings NumPy

        if isinstance(error, TinygradError):
            return _complain(error_line(str(error)), NEGATIVE)
        if cuda_errors.is_of_cuda(error):
            what = error_line(cuda_errors.translated(f"{type(error).__name__}: {error}"))
            return _complain(f"{what}\n  " + _("see: {command}").format(command="tinygrad-edu doctor"), NEGATIVE)
        what = _("tinygrad-edu itself failed: {error}").format(error=f"{type(error).__name__}: {error}")
        hint = _("please report it, with what TINYGRAD_EDU_DEBUG=1 shows")
        return _complain(f"{error_line(what)}\n  {hint}", NEGATIVE)


def _language(arguments: Sequence[str]) -> str:
    """The language that the arguments before the command, or else the locale, ask for."""
    for k, word in enumerate(arguments):
        if not word.startswith("-"):
            break
        asked = word.removeprefix("--lang=") if "=" in word else " ".join(arguments[k + 1 : k + 2])
        if word.startswith("--lang") and asked in LANGUAGES:
            return asked
    return tinygrad_edu_words.from_environment(os.environ)


def _usage(error: click.ClickException) -> str:
    """A complaint of click, with what to do next."""
    message = error.format_message()
    first = message[:1].lower() if tinygrad_edu_words.language() == "en" else message[:1]
    lines = [error_line(f"{first}{message[1:].rstrip('.')}")]
    if isinstance(error, click.NoSuchOption) and not error.option_name.startswith("--"):
        lines.append("  " + _('an expression that begins with "-" goes into parentheses, as in "(-x)"'))
    if isinstance(error, click.NoSuchOption) and error.option_name == "--lang":
        lines.append("  " + _("it stands before the command, as in: tinygrad-edu --lang de ..."))
    context = getattr(error, "ctx", None)
    extra = translating.is_about_extra_arguments(message)
    if extra and context is not None and context.info_name in ("step", "graph"):
        lines.append("  " + _('put the expression in quotes, as in "a*b + a"'))
    if context is not None:
        lines.append("  " + _("see: {command}").format(command=f"{context.command_path} --help"))
    from .excerpt import printable  # brings NumPy

    return printable("\n".join(lines), output.encoding(sys.stderr))


def _complain(text: str, exit_code: int) -> int:
    lines = [_cut(line) for line in text.split("\n")]
    if len(lines) > MOST:
        lines[MOST:] = ["  " + _("... ({n} more lines)").format(n=grouped(len(lines) - MOST))]
    click.echo("\n".join(lines), err=True)
    return exit_code


def _cut(line: str) -> str:
    if len(line) <= LONGEST:
        return line
    return _("{text}... ({n} characters)").format(text=line[:LONGEST], n=grouped(len(line)))


def _output_failed(error: OSError) -> int:
    """The standard output is gone, or full. Who closed a pipe has seen enough: no message then."""
    with suppress(OSError, AttributeError):  # it may be no file at all
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python's last flush goes there
    if error.errno == errno.EPIPE:
        return DONE
    where = error.filename or _("the standard output")
    closed = error.errno == errno.EBADF
    why = _("it is closed") if closed else reason(error)
    what = error_line(_("cannot write to {where}: {why}").format(where=where, why=why))
    return _complain(what + ("\n  " + _("to see nothing, write >/dev/null")) * closed, UNREADABLE)


class _Closed(io.TextIOBase):
    """Stands in for a standard output that is closed (`>&-`), which Python lets go without a word."""

    def write(self, _text: str) -> int:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def _replace_closed_streams() -> None:
    """Have streams in place of those that were closed before we began: Python has None for them."""
    sys.stdout = sys.stdout or _Closed()
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115  whatever we say, nobody hears it


def _version(context: click.Context) -> None:
    import tinygrad_edu  # brings NumPy

    click.echo(f"tinygrad-edu {tinygrad_edu.__version__}")
    context.exit()
