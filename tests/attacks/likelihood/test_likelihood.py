"""The likelihood attack: its score is the log posterior, its search ends, resumes and can fail."""

from __future__ import annotations

import dataclasses
import itertools
import json

import numpy as np
import pytest
import torch

from dpaccount.attacks import Attack, Guess, Threat, draw_secrets, expose
from dpaccount.attacks.likelihood import Likelihood, Outcome, Scorer, Search, judge, mending
from dpaccount.attacks.likelihood.ending import patience
from dpaccount.attacks.likelihood.moves import moved_in, reorderings, replaced
from dpaccount.attacks.likelihood.score import SLOPE_COST
from dpaccount.attacks.likelihood.shortlist import Shortlists
from dpaccount.attacks.targets import attention_layer, digit_images, digits, small_transformer
from dpaccount.errors import InputError


@pytest.fixture(scope="module")
def target():
    return attention_layer(causal=True, vocabulary=12)


def exposed(target, *, length=3, sigma="0.02", seed=0, **threat):
    secret = draw_secrets(target, 1, seed=seed, length=length)
    return secret, expose(target, secret, Threat(noise_multiplier=sigma, **threat), seed=seed)


@pytest.mark.parametrize(
    "make",
    [
        lambda: attention_layer(dtype=torch.float64),
        lambda: small_transformer(dtype=torch.float64),
        lambda: small_transformer(dtype=torch.float64, loss="next", causal=True),
    ],
)
@pytest.mark.parametrize("clip_norm", [1, 100])
@pytest.mark.parametrize("embedding", [False, True])
def test_the_score_is_the_distance_to_the_release(make, clip_norm, embedding):
    target = make()
    secret, view = exposed(target, length=5, clip_norm=clip_norm, embedding=embedding)
    release = torch.cat([part.flatten() for part in view.gradients.values()])
    scorer = Scorer(view)
    for example in [secret, draw_secrets(target, 1, seed=5, length=5)]:
        labelled = dataclasses.replace(example, labels=secret.labels)
        (parts,) = target.gradients(labelled, view.gradients)
        gradient = torch.cat([part.flatten() for part in parts.values()])
        clipped = gradient * min(1.0, clip_norm / float(gradient.norm()))
        expected = float(release.square().sum() - (release - clipped).square().sum())
        (found,) = scorer(example.tokens)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert scorer.evaluations == 2
    scorer(secret.tokens)
    assert scorer.evaluations == 2  # known


def test_the_prior_counts_as_its_logarithm(target):
    chances = tuple(i / 78 for i in range(1, 13))
    secret, with_prior = exposed(target, prior=chances)
    without = dataclasses.replace(with_prior, prior=None)
    (mine,), (other,) = Scorer(with_prior)(secret.tokens), Scorer(without)(secret.tokens)
    log_prior = torch.tensor([chances[token] for token in secret.tokens[0]]).log().sum()
    assert mine - other == pytest.approx(2 * 0.02**2 * float(log_prior), rel=1e-4)


def test_slopes_are_those_of_finite_differences():
    target = small_transformer(dtype=torch.float64)
    secret, view = exposed(target, length=4)
    scorer = Scorer(view)
    vectors = target.token_vectors()[list(secret.tokens[0])][None] + 0.01
    both = torch.cat([vectors - 0.02, vectors])
    slopes = scorer.slopes(secret.tokens * 2, both)[1]
    assert scorer.evaluations == 2 * SLOPE_COST
    for place, axis in [(0, 0), (2, 7), (3, 31)]:
        step = torch.zeros_like(vectors)
        step[0, place, axis] = 1e-6
        values = scorer.of_vectors(secret.tokens * 2, torch.cat([vectors + step, vectors - step]))
        values = values.tolist()
        slope = (values[0] - values[1]) / 2e-6
        assert slope == pytest.approx(float(slopes[place, axis]), rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_place_that_is_let_go_comes_near_its_word(dtype):
    target = small_transformer(dtype=dtype)
    near = 0
    for seed in range(12):
        secret, view = exposed(target, length=8, sigma="0.01", seed=seed)
        scorer, (tokens,) = Scorer(view), secret.tokens
        place = seed % 8
        wrong = (
            *tokens[:place],
            (tokens[place] + 7 + seed) % target.vocabulary,
            *tokens[place + 1 :],
        )
        (words,) = mending.relaxed(scorer, Shortlists(view, 8), [wrong], [[place]])
        assert list(words) == [place]
        near += tokens[place] in words[place][:10]
    assert near >= 8  # by chance, 10 of 256: less than one of 12


def test_the_slope_at_the_last_wrong_word_points_to_the_right_one():
    named = 0
    for seed in range(12):
        scorer, lists, tokens, size = revealed(seed)
        place = seed % 8
        wrong = [replaced(tokens, at, (tokens[at] + 7 + seed) % size) for at in (place, 3)]
        before = scorer.evaluations
        found = mending.steepest(scorer, lists, wrong, [[place], range(8)])
        assert scorer.evaluations - before == 2 * SLOPE_COST
        assert [list(row) for row in found] == [[place], list(range(8))]
        assert all(len(words) == 4 for row in found for words in row.values())
        named += (tokens[place] in found[0][place]) + (tokens[3] in found[1][3])
    assert named >= 12  # of 24; by chance less than one


def test_a_heated_sentence_is_offered_what_its_slopes_name(monkeypatch):
    named = 0
    for seed in range(6):
        scorer, _, tokens, size = revealed(seed)
        search, offered = Search(scorer, 8, seed=seed), {}
        place, search.scorer.limit = seed % 8, 10**6
        search.current = replaced(tokens, place, (tokens[place] + 7 + seed) % size)
        (search.score,) = scorer([search.current])

        def words(at, near, search=search, offered=offered):
            offered[at] = near
            return [search.current[at]]

        monkeypatch.setattr(search, "_words", words)
        search._sweep()
        named += tokens[place] in offered[place]
    assert named >= 5  # of 6


def revealed(seed, *, length=8):
    target = small_transformer()
    secret, view = exposed(target, length=length, sigma="0.01", seed=seed)
    scorer = Scorer(view)
    return scorer, Shortlists(view, length), secret.tokens[0], target.vocabulary


def test_places_that_are_filled_anew_come_to_their_words():
    right = 0
    for seed in range(6):
        scorer, lists, tokens, size = revealed(seed)
        free = [[1, 2], [4, 6]]
        wrong = [
            tuple((t + 7 + seed) % size if i in places else t for i, t in enumerate(tokens))
            for places in free
        ]
        before = scorer.evaluations
        found = mending.filled(scorer, lists, wrong, free, np.random.default_rng(seed))
        assert scorer.evaluations > before
        for row, places in zip(found, free, strict=True):
            assert [t for i, t in enumerate(row) if i not in places] == [
                t for i, t in enumerate(tokens) if i not in places
            ]
            right += sum(row[place] == tokens[place] for place in places)
    assert right >= 12  # of 24; by chance less than one


def test_a_wrong_word_is_missed_least_and_a_shift_is_seen():
    least, shifts = 0, 0
    for seed in range(8):
        scorer, _, tokens, size = revealed(seed)
        wrong = replaced(tokens, 3, (tokens[3] + 5 + seed) % size)
        (score,) = scorer([wrong])
        falls = [score - x for x in mending.missing(scorer, wrong, range(8))]
        assert scorer.evaluations == 9
        least += min(range(8), key=falls.__getitem__) == 3
        # a word too many at 1, and the one at 5 missing
        shifted = (tokens[0], (tokens[1] + 9) % size, *tokens[1:5], *tokens[6:])
        assert moved_in(shifted, 1, 5, tokens[5]) == tokens
        pairs = mending.shifted(scorer, shifted, range(8))
        assert len(set(pairs)) == 56
        shifts += (1, 5) in pairs[:6]
    assert least >= 6  # by chance 1 of 8
    assert shifts >= 5  # by chance 1 of 9


@pytest.mark.parametrize("sigma", ["0", "0.02", "0.3"])
def test_the_search_finds_the_largest_score_of_all(target, sigma):
    secret, view = exposed(target, sigma=sigma)
    every = list(itertools.product(range(12), repeat=3))
    best = max(Scorer(view)(every))
    guess = Likelihood()(view, evaluations=1500, seed=1)
    assert guess.score >= best - 1e-5
    assert guess.evaluations <= 1500
    assert isinstance(Likelihood(), Attack)
    verdict = judge(guess, secret, view)
    assert verdict.success.optimal
    assert verdict.outcome is not Outcome.SEARCH_FAILURE
    if sigma != "0.3":
        assert verdict.outcome is Outcome.SUCCESS


def test_a_clip_norm_that_clips_nothing_makes_no_search_worse():
    target = small_transformer(vocabulary=80)
    secret = draw_secrets(target, 1, seed=0, length=5)
    view = expose(target, secret, Threat(clip_norm=1000, noise_multiplier="1e-4"), seed=0)
    guess = Likelihood()(view, evaluations=1500, seed=0)
    assert judge(guess, secret, view).outcome is Outcome.SUCCESS


def test_the_truth_scores_the_squared_norm_give_or_take_two_deviations(target):
    found = []
    for seed in range(200):
        secret, view = exposed(target, sigma="0.05", seed=seed)
        scorer = Scorer(view)
        (score,) = scorer(secret.tokens)
        assert scorer.clipped_to == 1.0
        found.append((score - 1.0) / (2 * view.noise_std))
    assert abs(np.mean(found)) < 4 / 200**0.5
    assert np.std(found) == pytest.approx(1.0, abs=0.2)


def test_a_search_ends_the_sooner_the_more_its_best_is_like_the_truth(target):
    secret, view = exposed(target, sigma="0.001")
    scorer = Scorer(view)
    (truth,) = secret.tokens
    every = list(itertools.product(range(12), repeat=3))
    worst = min(every, key=lambda x: scorer([x])[0])
    assert patience(scorer, truth, *scorer([truth])) == 6
    assert patience(scorer, worst, *scorer([worst])) == float("inf")
    # short of 1 by less, and by more, than three deviations of .002
    assert patience(scorer, truth, 0.9941) == 6
    assert patience(scorer, truth, 0.9938) == float("inf")
    # where noise hides a word, and where the truth's own norm is not known
    for given in ({"sigma": "0.3"}, {"sigma": "0.001", "clip_norm": 100}):
        _, view = exposed(target, **given)
        scorer = Scorer(view)
        assert patience(scorer, truth, *scorer([truth])) == 24
    # the prior's part of a score says nothing of the gradient
    prior = torch.linspace(1.0, 2.0, 12)
    _, view = exposed(target, sigma="0.01", prior=prior / prior.sum())
    scorer = Scorer(view)
    (score,) = scorer([truth])
    assert scorer.likelihood(truth, score) == pytest.approx(
        *Scorer(dataclasses.replace(view, prior=None))([truth])
    )


@pytest.mark.parametrize("clip_norm", [1, 1000])  # clipped, and far shorter than the clip norm
def test_the_verdict_tells_a_bad_search_from_too_little_information(target, clip_norm):
    secret, view = exposed(target, clip_norm=clip_norm, sigma=0.02 / clip_norm)
    (truth,) = secret.tokens
    wrong = (truth[1], truth[0], truth[2]) if truth[0] != truth[1] else (*truth[:2], 0)
    # what an attack says of its own score does not count
    assert judge(Guess((wrong,), score=1e9), secret, view).outcome is Outcome.SEARCH_FAILURE
    assert judge(Guess((truth,), score=-1e9), secret, view).outcome is Outcome.SUCCESS
    loud = dataclasses.replace(
        view, gradients={name: -part for name, part in view.gradients.items()}
    )
    every = list(itertools.product(range(12), repeat=3))
    scores = Scorer(loud)(every)
    better = every[max(range(len(every)), key=scores.__getitem__)]
    assert judge(Guess((better,)), secret, loud).outcome is Outcome.INFORMATION_LIMIT


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_search_that_was_cut_off_ends_as_one_that_was_not(tmp_path, dtype):
    target = small_transformer(vocabulary=80, dtype=dtype)
    _, view = exposed(target, length=5, sigma="0.05")
    whole = Search(Scorer(view), 5, seed=3)
    whole.run(700)
    pieces = Search(Scorer(view), 5, seed=3)
    for most in (100, 250, 251, 700):  # a step that was broken off is taken from its beginning
        pieces.run(most)
        assert pieces.scorer.evaluations <= most
    assert pieces.state() == whole.state()
    path = tmp_path / "state.json"
    attack = Likelihood(state_file=str(path))
    first = attack(view, evaluations=250, seed=3)
    assert first.evaluations <= 250
    second = attack(view, evaluations=700, seed=3)
    assert second.evaluations <= 700
    assert second.tokens == (whole.best,)
    assert second.score == whole.best_score
    assert second.evaluations == whole.scorer.evaluations
    assert list(tmp_path.iterdir()) == [path]
    # the state of another search is refused, and a broken one too
    for text in (path.read_text(), "{", "[]", '"x"'):
        path.write_text(text)
        with pytest.raises(InputError) as refusal:
            attack(view, evaluations=700, seed=4)
        assert refusal.value.name == "state_file"
    again = Search(Scorer(view), 5, seed=4)
    again.restore(json.loads(json.dumps(whole.state())))
    assert again.state() == whole.state()


def test_the_same_seed_gives_the_same_answer(target):
    _, view = exposed(target, length=4, sigma="0.1")
    answers = [Likelihood()(view, evaluations=300, seed=7) for _ in range(2)]
    assert answers[0] == answers[1]


def test_changes_of_order_keep_the_words_and_the_frame():
    found = reorderings((0, 1, 2, 3, 4, 9), (1, 1))
    assert len(set(found)) == len(found)
    assert all(row[0] == 0 and row[-1] == 9 and sorted(row) == [0, 1, 2, 3, 4, 9] for row in found)
    assert (0, 1, 2, 3, 4, 9) not in found
    assert (0, 3, 4, 1, 2, 9) in found
    assert moved_in((0, 1, 2, 9), 1, 2, 7) == (0, 2, 7, 9)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"lengths": None}, "lengths"),
        ({"batch_size": 2}, "batch_size"),
    ],
)
def test_bad_input_is_one_line(target, change, name):
    _, view = exposed(target)
    with pytest.raises(InputError) as refusal:
        Likelihood()(dataclasses.replace(view, **change), evaluations=10, seed=0)
    assert refusal.value.name == name
    assert "\n" not in str(refusal.value)
    with pytest.raises(InputError, match="evaluations"):
        Likelihood()(view, evaluations=0, seed=0)


def test_patches_are_refused():
    target = digits()
    view = expose(target, digit_images(target, 1), Threat(noise_multiplier=1), seed=0)
    with pytest.raises(InputError, match="tokens"):
        Likelihood()(view, evaluations=10, seed=0)
