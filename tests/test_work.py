"""What is worked out a piece at a time: how far a turn goes, and when it is done."""

from tempfit_tui.session.work import Turn, Work


def pieces(count, result):
    yield from [None] * count
    if result is not None:
        yield result


def go_on(work, wanted, count, turn):
    return work.go_on(lambda done: done == wanted, lambda: pieces(count, wanted), turn)


def test_without_time_nothing_is_begun():
    work = Work()
    assert not go_on(work, "a", 3, Turn())
    assert work.done is None


def test_a_piece_in_any_case_comes_to_the_end_of_it():
    work, turns = Work(), 0
    while not go_on(work, "a", 3, Turn(surely=True)):
        assert work.done is None
        turns += 1
    assert (work.done, turns) == ("a", 3)


def test_with_time_it_is_done_at_once_and_what_serves_is_kept():
    work, turn = Work(), Turn(60)
    assert go_on(work, "a", 100, turn)
    assert work.done == "a"
    assert 0 < turn.spent < 60
    again = Turn(60)
    assert go_on(work, "a", 100, again)
    assert again.spent == 0


def test_what_is_under_way_is_finished_first_and_stays_until_the_next_is_done():
    work = Work()
    assert not go_on(work, "a", 1, Turn(surely=True))
    assert not go_on(work, "b", 1, Turn(surely=True))
    assert work.done == "a"
    assert not go_on(work, "b", 1, Turn(surely=True))
    assert work.done == "a"
    assert go_on(work, "b", 1, Turn(surely=True))
    assert work.done == "b"


def test_where_nothing_comes_of_it_nobody_asks_again():
    work = Work()
    assert work.go_on(lambda _: True, lambda: pieces(2, None), Turn(60))
    assert work.done is None


def test_a_piece_that_would_take_longer_than_is_left_waits():
    work = Work()
    work._last = 5.0
    assert not go_on(work, "a", 1, Turn(1.0))
    assert work.done is None
    assert not go_on(work, "a", 1, Turn(1.0, surely=True)) or work.done == "a"
