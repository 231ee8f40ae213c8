"""What holds for every filter, however it is written."""

from fnmatch import fnmatchcase

from hypothesis import given, settings
from hypothesis import strategies as st

from omnibase.core.capabilities import CAPABILITIES
from omnibase.core.expression import Expression, ExpressionError, Term, explain, matches, parse
from omnibase.model.component import Command, Component, ComponentType, Lifecycle

DECLARED = ({"network": "none"}, {"write": []}, {"network": "none", "write": []}, {"network": "any", "write": ["a"]})
words = st.text(st.sampled_from("ab.-_1"), min_size=1, max_size=6)
globs = st.text(st.sampled_from("ab*?"), min_size=1, max_size=8)
version_texts = st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,2}){0,2}", fullmatch=True).filter(
    lambda text: all(part == "0" or part[0] != "0" for part in text.split("."))
)
owners = st.text(st.characters(exclude_characters=",|", exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: text.strip() == text != ""
)
VALUES = {
    "type": st.sampled_from(list(ComponentType)).map(str) | globs.filter(lambda text: set(text) & set("*?")),
    "lifecycle": st.sampled_from(list(Lifecycle)).map(str),
    "tag": words | globs,
    "name": words | globs,
    "version": version_texts,
    "owner": owners,
    "capability": st.sampled_from(CAPABILITIES),
}


def terms_of(key: str) -> st.SearchStrategy[Term]:
    several = st.lists(VALUES[key], min_size=1, max_size=3).map(tuple)
    some = st.builds(Term, st.just(key), st.sampled_from(["=", "!="]), several)
    if key != "version":
        return some
    return some | st.builds(Term, st.just(key), st.sampled_from([">=", "<=", ">", "<"]), st.tuples(VALUES[key]))


expressions = st.lists(st.sampled_from(list(VALUES)).flatmap(terms_of), max_size=4).map(tuple).map(Expression)
facts = st.fixed_dictionaries(
    {
        "name": words,
        "type": st.sampled_from(ComponentType),
        "version": st.sampled_from(["0.1.0", "1.0.0", "1.0.0-rc.1", "2.3.4", "odd"]),
        "lifecycle": st.sampled_from(Lifecycle),
        "tags": st.lists(words, max_size=3).map(tuple),
        "owner": st.none() | words,
        "declared": st.sampled_from([{}, *({"capabilities": said} for said in DECLARED)]),
    }
)
components = facts.map(lambda fields: Component(name="", work=Command(("x",)))._replace(**fields))
nonsense = st.text(max_size=60) | st.text(st.sampled_from("tagversion=!<>|,* ?.12\t"), max_size=60)


@settings(deadline=None)
@given(expressions)
def test_a_filter_reads_back_as_it_is_shown(expression: Expression) -> None:
    assert parse(str(expression)) == expression


@settings(deadline=None)
@given(expressions, components)
def test_a_filter_holds_exactly_if_each_of_its_terms_does(expression: Expression, component: Component) -> None:
    failing = [term for term in expression.terms if matches(Expression((term,)), component)]
    assert matches(expression, component) == next(iter(failing), None)


@settings(deadline=None)
@given(st.sampled_from(list(VALUES)).flatmap(terms_of), components)
def test_not_equal_is_the_exact_opposite_of_equal(term: Term, component: Component) -> None:
    if term.operator in ("=", "!="):
        opposite = term._replace(operator="!=" if term.operator == "=" else "=")
        assert (matches(Expression((term,)), component) is None) is not (
            matches(Expression((opposite,)), component) is None
        )


@settings(deadline=None)
@given(nonsense)
def test_any_text_is_a_filter_or_an_error_with_a_place_in_it(text: str) -> None:
    try:
        parse(text)
    except ExpressionError as error:
        assert 0 <= error.position <= len(text)
        assert error.message
        assert error.remedy
        assert len(explain(text, error).split("\n")) == 2


@settings(deadline=None)
@given(nonsense)
def test_what_can_be_read_reads_back_as_it_is_shown(text: str) -> None:
    try:
        expression = parse(text)
    except ExpressionError:
        return
    assert parse(str(expression)) == expression


@settings(deadline=None)
@given(globs, st.text(st.sampled_from("ab"), min_size=1, max_size=8))
def test_a_glob_means_what_fnmatch_means_by_it(glob: str, name: str) -> None:
    component = Component(name=name, work=Command(("x",)))
    assert (matches(parse(f"name={glob}"), component) is None) is fnmatchcase(name, glob)


@settings(deadline=None)
@given(st.text(st.sampled_from("[]!a-z*"), min_size=1, max_size=8))
def test_brackets_stand_for_themselves(name: str) -> None:
    if "!" not in name:
        literal = name.replace("*", "?")
        assert matches(parse(f"name={literal}"), Component(name=name, work=Command(("x",)))) is None
