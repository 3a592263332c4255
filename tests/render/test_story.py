"""Causes and what follows from them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dlsetup.render.story import tell
from dlsetup.values.finding import Finding, Status

CHECKS = ("a", "b", "c", "d")


def finding(check: str, status: Status = Status.FAIL, because: str | None = None) -> Finding:
    return Finding(check=check, status=status, summary=f"{check} {status.value}", because=because)


def names(story) -> list[tuple[str, list[str]]]:
    return [(chapter.cause.check, [each.check for each in chapter.follow]) for chapter in story.chapters]


def test_what_follows_stands_below_its_first_cause():
    story = tell((finding("a"), finding("b", because="a"), finding("c", Status.SKIP, because="b")))
    assert names(story) == [("a", ["b", "c"])]
    assert story.calm == ()


def test_a_failure_comes_before_a_question_and_a_question_before_a_warning():
    story = tell((finding("a", Status.WARN), finding("b", Status.UNKNOWN), finding("c"), finding("d", Status.OK)))
    assert names(story) == [("c", []), ("b", []), ("a", [])]
    assert [each.check for each in story.calm] == ["d"]


def test_failures_keep_their_order():
    assert names(tell((finding("b"), finding("a")))) == [("b", []), ("a", [])]


def test_a_warning_from_which_a_failure_follows_counts_as_a_failure():
    story = tell((finding("a", Status.WARN), finding("b", because="a"), finding("c", Status.WARN)))
    assert names(story) == [("a", ["b"]), ("c", [])]
    assert [chapter.status for chapter in story.chapters] == [Status.FAIL, Status.WARN]


def test_a_cause_that_is_well_or_absent_is_no_cause():
    story = tell((finding("a", Status.OK), finding("b", because="a"), finding("c", because="gone")))
    assert names(story) == [("b", []), ("c", [])]


def test_findings_that_blame_each_other_are_told_side_by_side():
    assert names(tell((finding("a", because="b"), finding("b", because="a")))) == [("a", []), ("b", [])]
    assert names(tell((finding("a", because="a"),))) == [("a", [])]


def test_two_findings_of_one_check_are_both_told():
    story = tell((finding("a", Status.WARN), finding("a"), finding("b", because="a")))
    assert [(each.cause.status, len(each.follow)) for each in story.chapters] == [(Status.FAIL, 1), (Status.WARN, 0)]


@given(
    st.lists(
        st.builds(finding, st.sampled_from(CHECKS), st.sampled_from(Status), st.none() | st.sampled_from(CHECKS)),
        max_size=8,
    )
)
def test_every_finding_is_told_once(findings):
    story = tell(findings)
    told = [each for chapter in story.chapters for each in (chapter.cause, *chapter.follow)] + list(story.calm)
    assert sorted(map(id, told)) == sorted(map(id, findings))
    assert not [each for each in story.calm if each.status not in {Status.OK, Status.SKIP}]
