"""A lesson that is as small as a lesson can be, for faults to be seeded into."""

from pathlib import Path

ENGLISH = """---
title: Doubling
goal: You double.
minutes: 5
needs: 07-gradient-descent
---

# 8. Doubling

<details data-recall="07-gradient-descent"><summary>What is 1 + 1?</summary>

It is 2.

</details>

## Look

```python figure=twice
import tinygrad_edu as tg
a = tg.Value(1.5, name="a")
L = a * 2.0
print(L.data)
L
```

```output
3.0
```

![The graph of a · 2, two boxes that lead to a product](figures/twice.svg)

```python figure=thrice
(a * 3.0)
```

![The graph of a · 3, two boxes that lead to a product](figures/thrice.svg)

It is **3.0**<!--= L.data -->, and `0.25` is code.

> **Predict.** What is it?

<details data-predict="double" data-answer="3" data-computed="L.data"><summary>Answer</summary>

Three.

- `1.5` That is a itself.
- `2` That is the factor.

</details>

> **Predict.** Is it **a** more or **b** less?

<details data-predict="more" data-answer="a"><summary>Answer</summary>

More.

- `b` Only for a below 0.
- `c` There is no c.

</details>

```sh run
tinygrad-edu step "a*2" --set a=1.5
```

```python exercise=twice
def twice(x):
    \"\"\"Two times x.\"\"\"
    return ...  # TODO
```

<details data-hint="twice"><summary>Hint 1</summary>

How often is x in it?

</details>
<details data-hint="twice"><summary>Hint 2</summary>

A product.

</details>
<details data-hint="twice"><summary>Hint 3</summary>

    return 2 * x

</details>
<details data-solution="twice"><summary>Solution</summary>

```python solution=twice
def twice(x):
    \"\"\"Two times x.\"\"\"
    return 2.0 * x
```

</details>
<details data-mistake="twice.squared"><summary>Squared</summary>

You took x times x.

</details>
<details data-mistake="twice.half"><summary>Half</summary>

You took a half.

</details>
<details data-mistake="twice.added"><summary>Two more</summary>

You added two.

</details>

```python exercise=hunt
def hunt(x):
    return ...  # TODO
```

<details data-hint="hunt"><summary>Hint 1</summary>

See above.

</details>
<details data-hint="hunt"><summary>Hint 2</summary>

See above.

</details>
<details data-hint="hunt"><summary>Hint 3</summary>

See above.

</details>
<details data-solution="hunt"><summary>Solution</summary>

```python solution=hunt
def hunt(x):
    return x + x
```

</details>
"""

CHECKS = """
from tinygrad_edu_tutorials.checking import FunctionExercise


class Twice(FunctionExercise):
    name = "twice"
    functions = ("twice",)
    cases = {"twice(3)": (3.0,), "twice(-1)": (-1.0,)}
    reference = staticmethod(lambda x: 2 * x)
    mistakes = {"squared": lambda x: x * x, "half": lambda x: x / 2, "added": lambda x: x + 2}
    mutants = {
        "squared": [{"2.0 * x": "x * x"}],
        "half": [{"2.0 * x": "x / 2"}],
        "added": ["def twice(x): return x + 2"],
    }
    also_right = [{"2.0 * x": "x + x"}]


class Hunt(Twice):
    name = "hunt"
    functions = ("hunt",)
    mistakes = mutants = {}
    also_right = []


EXERCISES = [Twice(), Hunt()]
DEMONSTRATIONS = {"seeds are not negative": lambda seed: seed + 1}
"""


def seed(folder: Path, file: str, old: str, new: str) -> None:
    """A fault: in all files of this pattern, which have the old text, it becomes the new one."""
    for path in sorted(folder.glob(file)):
        text = path.read_text(encoding="utf-8")
        assert old in text, (path, old)
        path.write_text(text.replace(old, new), encoding="utf-8")


def write(folder: Path) -> Path:
    """The lesson in both languages, proved but for its German and its figures, which are made by their own commands."""
    lesson = folder / "08-backprop"
    lesson.mkdir()
    (lesson / "lesson.en.md").write_text(ENGLISH, encoding="utf-8")
    (lesson / "lesson.de.md").write_text(ENGLISH.replace("It is", "Es ist"), encoding="utf-8")
    (lesson / "checks.py").write_text(CHECKS, encoding="utf-8")
    return lesson
