"""What is wrong with a registry is said with its line and column, what was expected, and what to write instead."""

from collections.abc import Callable
from pathlib import Path

import pytest

from omnibase.registry.reading import Document, read

Told = Callable[[Callable[[], object]], tuple[int, str]]
Reading = Callable[[str], Document]

BLOCKS = (Path(__file__).parent / "data" / "mistakes.txt").read_text(encoding="utf-8").rstrip("\n").split("\n\n")[2:]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_mistake_is_told_with_its_place(told: Told, reading: Reading, block: str) -> None:
    content, _, said = block.partition("\n=> ")
    assert told(lambda: reading(f'schema_version: "1"\n{content}\n')) == (2, f"registry.yaml:{said}")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("plugins: []\n", '1:1: schema_version: this key is missing\n-> write `schema_version: "1"` in the first line'),
        ("schema_version: 1\n", '1:17: schema_version: expected "1", found the number 1\n-> write "1", in quotes'),
        ('schema_version: "2"\n', "1:17: schema_version: expected \"1\", found the text '2'"),
        ("schemaversion: 1\n", "1:1: schemaversion: unknown key\n-> did you mean 'schema_version'?"),
    ],
)
def test_the_version_of_the_format_has_to_be_there(told: Told, reading: Reading, content: str, said: str) -> None:
    assert told(lambda: reading(content)) == (2, f"registry.yaml:{said}")


def test_the_first_mistake_of_the_file_is_told_in_full_and_the_others_in_a_line_each(
    told: Told, reading: Reading
) -> None:
    content = """\
schema_version: 1
components:
  - name: a
    command: [x]
    tmeout: 1s
  - command: []
    shell: yes
defaults:
  timeout: soon
"""
    assert told(lambda: reading(content)) == (
        2,
        'registry.yaml:1:17: schema_version: expected "1", found the number 1\n'
        "and 5 more:\n"
        "  registry.yaml:5:5: components[0].tmeout: unknown key (did you mean 'timeout'?)\n"
        "  registry.yaml:6:5: components[1].name: this key is missing (add it)\n"
        "  registry.yaml:6:14: components[1].command: expected at least one item, found an empty list\n"
        "  registry.yaml:7:12: components[1].shell: expected true or false, found the text 'yes' (write true)\n"
        "  registry.yaml:9:12: defaults.timeout: expected a duration such as 60s, 100ms, 2m or 1h, or a number of "
        "seconds, found the text 'soon'\n"
        '-> write "1", in quotes',
    )


def test_not_more_than_ten_mistakes_are_told(told: Told, reading: Reading) -> None:
    content = 'schema_version: "1"\n' + "".join(f"wrong{number}: 1\n" for number in range(15))
    lines = told(lambda: reading(content))[1].split("\n")
    assert lines[1] == "and 14 more:"
    assert [line.split(":")[1] for line in lines[2:11]] == [str(line) for line in range(3, 12)]
    assert lines[11] == "  ..."


def test_a_registry_for_a_later_version_says_so_before_its_unknown_keys(
    told: Told, reading: Reading, tmp_path: Path
) -> None:
    file = tmp_path / "registry.yaml"
    file.write_text('schema_version: "1"\nrequires_omnibase: ">=2"\nunheard_of: 1\n')
    assert told(lambda: read(str(file), "registry.yaml", version="0.1.0")) == (
        3,
        "registry.yaml:2:20: this registry requires omnibase >=2, and this is 0.1.0\n"
        "-> install one that fits: pip install 'omnibase>=2'",
    )
    assert told(lambda: read(str(file), "registry.yaml", version="2.0.0"))[0] == 2
    assert told(lambda: read(str(file), "registry.yaml"))[0] == 2


def test_null_is_a_value_only_in_settings(reading: Reading) -> None:
    document = reading(
        'schema_version: "1"\ncomponents: [{name: a, uses: p, settings: {x: ~, y: [~, {z: }]}}]\n',
    )
    assert document.model.components[0].settings == {"x": None, "y": [None, {"z": None}]}


def test_numbers_and_words_of_time_are_seconds(reading: Reading) -> None:
    for written, seconds in {"60s": 60, "100ms": 0.1, "2m": 120, "1.5h": 5400, "7": 7, "0.5": 0.5}.items():
        document = reading(f'schema_version: "1"\ndefaults: {{timeout: {written}}}\n')
        assert document.model.defaults.timeout == pytest.approx(seconds)


def test_a_key_that_cannot_be_shown_is_not_sent_to_the_terminal(told: Told, reading: Reading) -> None:
    content = 'schema_version: "1"\n"\\e[31m\\n": 1\nenv: {"\\e]0;x\\a": 1}\n'
    answer = told(lambda: reading(content))[1]
    assert answer.startswith(r"registry.yaml:2:1: '\x1b[31m\n': unknown key")
    assert "\x1b" not in answer


def test_a_key_of_a_megabyte_is_not_shown_in_full(told: Told, reading: Reading) -> None:
    code, answer = told(lambda: reading(f'schema_version: "1"\n? {"k" * 900_000}\n: 1\n'))
    assert code == 2
    assert len(answer) < 300
