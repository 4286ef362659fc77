"""Schedules against torch's rates and trajectories and hand-derived ones; changes from elsewhere; conditions."""

import copy
import json
import math
from dataclasses import dataclass
from fractions import Fraction

import pytest
import trajectories
from trajectories import eagerly, largest_error, on_arrays, relative_error

from autograd import Value
from nn.optim import SGD, Adam
from nn.schedule import ClosedForm, Schedule
from nn.schedules import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    InverseTimeLR,
    LambdaLR,
    ReduceLROnPlateau,
    StepLR,
)

CASES = [case for case in trajectories.DATA["cases"] if "schedules" in case]


def sgd(lr=1.0):
    return SGD([Value(1.0)], lr=lr)


def rates(schedule, epochs, metrics=None):
    """The rate of each epoch, from the first."""
    seen = []
    for k in range(epochs):
        seen.append(schedule.optimizer.lr)
        schedule.step(*[] if metrics is None else [metrics[k]])
    return seen


def kinds(lr=1.0):
    """One schedule of each class, each with an optimizer of its own."""
    return [
        ConstantLR(sgd(lr), factor=0.5, total_iters=3),
        StepLR(sgd(lr), step_size=2, gamma=0.5),
        ExponentialLR(sgd(lr), gamma=0.9),
        CosineAnnealingLR(sgd(lr), T_max=4),
        InverseTimeLR(sgd(lr), decay=0.5),
        LambdaLR(sgd(lr), lr_lambda=lambda epoch: epoch % 3),
        ReduceLROnPlateau(sgd(lr), patience=1, factor=0.5, cooldown=1),
    ]


def stepped(schedule, epoch):
    if isinstance(schedule, ReduceLROnPlateau):
        schedule.step([3.0, 2.0, 2.0, 2.0, 2.5, 1.9][epoch % 6])
    else:
        schedule.step()


# --- trajectories ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("move", [eagerly, on_arrays], ids=["step", "updated"])
@pytest.mark.parametrize("case", CASES, ids=trajectories.named)
def test_a_hundred_steps_are_those_of_torch(case, move):
    points, found = trajectories.run(case, move)
    assert largest_error(points, case["points"]) <= 1e-10
    assert max(relative_error(found[step], rate) for step, rate in case["rates"].items()) <= 1e-12


def test_every_schedule_has_trajectories_in_which_the_rate_changes():
    changed = {name for case in CASES if len(set(case["rates"].values())) > 1 for name, _ in case["schedules"]}
    assert changed == {type(schedule).__name__ for schedule in kinds()}


class LateStep(StepLR):
    """An epoch too late."""

    def rate(self, epoch):
        return self.base_lr * self.gamma ** (max(epoch - 1, 0) // self.step_size)


def test_a_wrong_schedule_would_be_caught(monkeypatch):
    monkeypatch.setattr(trajectories.schedules, "StepLR", LateStep)
    cases = [case for case in CASES if case["schedules"][0][0] == "StepLR"]
    assert min(largest_error(trajectories.run(case)[0], case["points"]) for case in cases) > 1e-8


# --- formulas -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "settings", "expected"),
    [
        (ConstantLR, {"factor": 0.5, "total_iters": 2}, [0.5, 0.5, 1, 1, 1]),
        (ConstantLR, {"factor": 0.0, "total_iters": 2}, [0, 0, 1, 1, 1]),  # where torch divides by 0
        (ConstantLR, {"factor": 1.0}, [1, 1, 1, 1, 1]),
        (ConstantLR, {"factor": 0.5, "total_iters": 0}, [1, 1, 1, 1, 1]),
        (StepLR, {"step_size": 2, "gamma": 0.5}, [1, 1, 0.5, 0.5, 0.25]),
        (ExponentialLR, {"gamma": 0.5}, [1, 0.5, 0.25, 0.125, 0.0625]),
        (ExponentialLR, {"gamma": 0.0}, [1, 0, 0, 0, 0]),
        (InverseTimeLR, {"decay": 1.0}, [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]),
        (InverseTimeLR, {"decay": 3.0, "power": 0.5}, [1, 1 / 2, 7**-0.5, 10**-0.5, 13**-0.5]),
        (InverseTimeLR, {"decay": 0.0}, [1, 1, 1, 1, 1]),
        # cos of 0, 60, 120, 180, 240 degrees
        (CosineAnnealingLR, {"T_max": 3}, [1, 0.75, 0.25, 0, 0.25]),
        (CosineAnnealingLR, {"T_max": 3, "eta_min": 0.5}, [1, 0.875, 0.625, 0.5, 0.625]),
        (LambdaLR, {"lr_lambda": lambda epoch: epoch / 2}, [0, 0.5, 1, 1.5, 2]),
    ],
)
def test_the_first_rates_are_those_of_the_formula(made, settings, expected):
    schedule = made(sgd(8.0), **settings)
    if made is CosineAnnealingLR:
        schedule = made(sgd(1.0), **settings)
        assert rates(schedule, 5) == pytest.approx(expected, abs=1e-15)
    else:
        assert rates(schedule, 5) == pytest.approx([8.0 * x for x in expected], rel=1e-15)
    assert schedule.last_epoch == 5


def test_a_formula_collects_no_rounding_errors():
    schedule = ExponentialLR(sgd(), gamma=0.999)
    rates(schedule, 10_000)
    assert schedule.optimizer.lr == pytest.approx(float(Fraction(0.999) ** 10_000), rel=1e-15)


def test_the_last_rate_is_told_in_a_list():
    schedule = ExponentialLR(sgd(), gamma=0.5)
    assert schedule.get_last_lr() == [1.0]
    schedule.step()
    assert schedule.get_last_lr() == [0.5]


def test_a_rate_of_zero_stays_zero():
    for schedule in kinds(lr=0.0):
        for epoch in range(8):
            stepped(schedule, epoch)
        assert schedule.optimizer.lr == 0.0


def test_cosine_climbs_from_a_rate_of_zero_to_its_lowest():
    schedule = CosineAnnealingLR(sgd(0.0), T_max=2, eta_min=1.0)
    assert rates(schedule, 4) == pytest.approx([0.0, 0.5, 1.0, 0.5], abs=1e-15)


# --- changes from elsewhere -----------------------------------------------------------------------------------------


def test_a_change_by_hand_stays_as_a_factor():
    schedule = StepLR(sgd(), step_size=2, gamma=0.5)
    schedule.step()
    schedule.optimizer.lr = 3.0
    assert rates(schedule, 4) == [3.0, 1.5, 1.5, 0.75]


def test_a_zero_given_by_hand_stays_until_it_is_changed_by_hand():
    schedule = ExponentialLR(sgd(), gamma=0.5)
    schedule.optimizer.lr = 0.0
    assert rates(schedule, 3) == [0.0, 0.0, 0.0]
    schedule.optimizer.lr = 1.0
    schedule.step()
    assert schedule.optimizer.lr == 0.5**4


def test_a_rate_given_by_hand_where_it_was_zero_is_the_new_base():
    schedule = ExponentialLR(sgd(0.0), gamma=0.5)
    schedule.step()
    schedule.optimizer.lr = 4.0
    schedule.step()
    assert schedule.optimizer.lr == 4.0 * 0.5**2


@pytest.mark.parametrize("made_first", [0, 1])
@pytest.mark.parametrize("stepped_first", [0, 1])
def test_two_schedules_multiply_in_whatever_order(made_first, stepped_first):
    optimizer = sgd()
    makers = [
        lambda: ConstantLR(optimizer, factor=0.25, total_iters=3),
        lambda: LambdaLR(optimizer, [0.0, 0.25, 0.5, 0.0, 0.75, 1.0, 1.0, 1.0].__getitem__),  # warms up from 0
    ]
    both = [None, None]
    for which in (made_first, 1 - made_first):
        both[which] = makers[which]()
    seen = []
    for _ in range(7):
        seen.append(optimizer.lr)
        both[stepped_first].step()
        both[1 - stepped_first].step()
    if (made_first, stepped_first) == (1, 0):  # made and stepped where the rate is 0, the constant joins in later
        assert seen.pop(1) == 0.25
        seen.insert(1, 0.0625)
    assert seen == pytest.approx([0, 0.0625, 0.125, 0, 0.75, 1, 1], rel=1e-14)


# --- plateau --------------------------------------------------------------------------------------------------------


def test_the_rate_falls_after_more_bad_epochs_than_patience():
    schedule = ReduceLROnPlateau(sgd(), patience=2, factor=0.5)
    assert rates(schedule, 8, [3, 2, 2, 2, 2, 2, 2, 2]) == [1, 1, 1, 1, 1, 0.5, 0.5, 0.5]
    assert (schedule.optimizer.lr, schedule.best, schedule.num_bad_epochs) == (0.25, 2.0, 0)


def test_a_metric_must_be_better_by_the_threshold():
    relative = ReduceLROnPlateau(sgd(), patience=0, factor=0.5, threshold=0.25)
    assert rates(relative, 4, [4.0, 3.5, 3.0, 2.9]) == [1, 1, 0.5, 0.25]  # better is below 3, and 3 is not
    absolute = ReduceLROnPlateau(sgd(), "max", patience=0, factor=0.5, threshold=0.25, threshold_mode="abs")
    assert rates(absolute, 4, [4.0, 4.25, 4.5, 4.0]) == [1, 1, 0.5, 0.5]


def test_bad_epochs_of_the_cooldown_are_not_counted():
    schedule = ReduceLROnPlateau(sgd(), patience=0, factor=0.5, cooldown=2)
    assert rates(schedule, 6, [1.0] * 6) == [1, 1, 0.5, 0.5, 0.5, 0.25]


def test_the_rate_does_not_fall_below_the_lowest_nor_by_less_than_eps():
    schedule = ReduceLROnPlateau(sgd(), patience=0, factor=0.25, min_lr=0.5)
    assert rates(schedule, 4, [1.0] * 4) == [1, 1, 0.5, 0.5]
    schedule = ReduceLROnPlateau(sgd(), patience=0, factor=0.5, eps=0.25)
    assert rates(schedule, 4, [1.0] * 4) == [1, 1, 0.5, 0.5]


def test_nan_is_no_better_than_any_number():
    schedule = ReduceLROnPlateau(sgd(), patience=0, factor=0.5)
    schedule.step(math.nan)
    assert (schedule.optimizer.lr, schedule.best) == (0.5, None)
    schedule.step(7.0)
    assert schedule.best == 7.0


@pytest.mark.parametrize("metric", [None, "0.1", Value(1.0), True])
def test_a_metric_that_is_no_number_is_refused(metric):
    schedule = ReduceLROnPlateau(sgd())
    with pytest.raises(TypeError, match="wanted a number, such as the validation loss"):
        schedule.step(metric)
    assert schedule.last_epoch == 0


# --- the conditions of Robbins and Siegmund -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "first", "second"),
    [
        (ConstantLR(sgd()), True, False),
        (ConstantLR(sgd(), factor=0.0), True, False),  # it is base_lr after the first epochs
        (StepLR(sgd(), step_size=5), False, True),
        (StepLR(sgd(), step_size=5, gamma=1.0), True, False),
        (ExponentialLR(sgd(), gamma=0.99), False, True),
        (ExponentialLR(sgd(), gamma=1.0), True, False),
        (ExponentialLR(sgd(), gamma=1.1), True, False),
        (ExponentialLR(sgd(), gamma=0.0), False, True),
        (CosineAnnealingLR(sgd(), T_max=10), True, False),
        (InverseTimeLR(sgd(), decay=1.0), True, True),
        (InverseTimeLR(sgd(), decay=1e-6, power=0.75), True, True),
        (InverseTimeLR(sgd(), decay=1.0, power=0.5), True, False),  # the sum of 1/k
        (InverseTimeLR(sgd(), decay=1.0, power=0.500001), True, True),
        (InverseTimeLR(sgd(), decay=1.0, power=1.000001), False, True),
        (InverseTimeLR(sgd(), decay=1.0, power=0.25), True, False),
        (InverseTimeLR(sgd(), decay=0.0), True, False),
        (InverseTimeLR(sgd(), decay=1.0, power=0.0), True, False),
        (LambdaLR(sgd(), lambda epoch: 1.0 / (1 + epoch)), None, None),
        (ReduceLROnPlateau(sgd()), None, None),
        *[(schedule, False, True) for schedule in kinds(lr=0.0)[:5]],
    ],
    ids=str,
)
def test_each_schedule_says_which_conditions_it_meets(schedule, first, second):
    found = schedule.robbins_siegmund()
    assert found[:2] == (first, second)
    assert len(found.reason.split()) > 5
    assert schedule.meets_robbins_siegmund() is (None if first is None else first and second)


@pytest.mark.parametrize(
    "schedule", [s for s in kinds() if s.meets_robbins_siegmund() is not None], ids=lambda s: type(s).__name__
)
def test_partial_sums_grow_as_the_conditions_say(schedule):
    # Sums over 2^k .. 2^(k+1) epochs: of a sum that is finite they fall geometrically, of an infinite one (these) not.
    def block(power):
        return [math.fsum(schedule.rate(e) ** power for e in range(2**k, 2 ** (k + 1))) for k in (10, 13)]

    for infinite, (early, late) in zip(
        (schedule.robbins_siegmund()[0], not schedule.robbins_siegmund()[1]), (block(1), block(2)), strict=True
    ):
        assert (late > 0.9 * early > 0.0) is infinite


# --- state ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer_first", [True, False])
@pytest.mark.parametrize("kind", range(7), ids=lambda i: type(kinds()[i]).__name__)
def test_training_that_is_stopped_and_restored_goes_on_bit_by_bit(kind, optimizer_first):
    def ahead(schedule, first, last):
        p = schedule.optimizer.parameters[0]
        for epoch in range(first, last):
            p.grad = math.cos(epoch) + p.data
            schedule.optimizer.step()
            stepped(schedule, epoch)
        return p.data, schedule.optimizer.state_dict(), schedule.state_dict()

    whole = kinds()[kind]
    ahead(whole, 0, 4)
    whole.optimizer.lr *= 0.5  # a change by hand, not yet seen by the schedule
    data, *states = copy.deepcopy(
        (whole.optimizer.parameters[0].data, whole.optimizer.state_dict(), whole.state_dict())
    )
    states = json.loads(json.dumps(states, allow_nan=False))
    restored = kinds(lr=0.125)[kind]
    restored.optimizer.parameters[0].data = data
    pairs = list(zip((restored.optimizer, restored), states, strict=True))
    for target, state in pairs if optimizer_first else pairs[::-1]:
        target.load_state_dict(state)
    assert ahead(restored, 4, 12) == ahead(whole, 4, 12)


def test_a_schedule_that_is_made_after_the_optimizer_was_restored_mends_the_rate():
    schedule = ConstantLR(sgd(), factor=0.5)  # making it again would halve the rate again
    optimizer = sgd()
    optimizer.load_state_dict(schedule.optimizer.state_dict())
    again = ConstantLR(optimizer)
    again.load_state_dict(schedule.state_dict())
    assert (optimizer.lr, again.rate(9)) == (0.5, 1.0)


STATE = StepLR(sgd(), step_size=3).state_dict()


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        (
            ExponentialLR(sgd(), gamma=0.5).state_dict(),
            ValueError,
            "the state is that of ExponentialLR; wanted that of",
        ),
        ({}, TypeError, "the state is {}; wanted what state_dict() of StepLR gave"),
        (STATE | {"settings": {"gamma": 0.1}}, ValueError, "the settings are {'gamma': 0.1}; StepLR has 'step_size',"),
        (STATE | {"settings": {"step_size": 0, "gamma": 0.1}}, ValueError, "step_size is 0; wanted a whole number of"),
        (STATE | {"state": {}}, ValueError, "the state are {}; StepLR has"),
        (STATE | {"lr": "fast"}, TypeError, "lr is 'fast', a str; wanted a finite number, 0 or more"),
    ],
    ids=lambda x: x[:30] if isinstance(x, str) else "",
)
def test_a_state_that_cannot_be_loaded_changes_nothing(state, error, message):
    schedule = StepLR(sgd(), step_size=2, gamma=0.5)
    rates(schedule, 3)
    before = schedule.state_dict()
    with pytest.raises(error) as caught:
        schedule.load_state_dict(state)
    assert str(caught.value).startswith(message)
    assert schedule.state_dict() == before


# --- refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: StepLR([1.0], 2), TypeError, "StepLR changes the lr of an optimizer, such as SGD(...), not of list:"),
        (lambda: StepLR(SGD, 2), TypeError, "StepLR changes the lr of an optimizer, such as SGD(...), not of type:"),
        (lambda: StepLR(sgd(), 0), ValueError, "step_size is 0; wanted a whole number of at least 1"),
        (lambda: StepLR(sgd(), 2.5), TypeError, "step_size is 2.5, a float; wanted a whole number of at least 1"),
        (lambda: ExponentialLR(sgd(), -0.5), ValueError, "gamma is -0.5; wanted a finite number, 0 or more"),
        (lambda: ConstantLR(sgd(), 1.5), ValueError, "factor is 1.5; wanted a number from 0 to 1"),
        (lambda: CosineAnnealingLR(sgd(), T_max=0), ValueError, "T_max is 0; wanted a whole number of at least 1"),
        (lambda: LambdaLR(sgd(), 0.5), TypeError, "lr_lambda is 0.5, a float; wanted a function of the epoch"),
        (
            lambda: LambdaLR(sgd(), lambda _: -1.0),
            ValueError,
            "lr_lambda(0) is -1.0; wanted a finite number, 0 or more",
        ),
        (lambda: LambdaLR(sgd(), lambda _: None), TypeError, "lr_lambda(0) is None, a NoneType; wanted a finite"),
        (
            lambda: ReduceLROnPlateau(sgd(), "mim"),
            ValueError,
            "mode is 'mim'; wanted one of 'min', 'max'; did you mean",
        ),
        (
            lambda: ReduceLROnPlateau(sgd(), threshold_mode="x"),
            ValueError,
            "threshold_mode is 'x'; wanted one of 'rel',",
        ),
        (lambda: ReduceLROnPlateau(sgd(), factor=1.0), ValueError, "factor is 1.0; wanted a number of at least 0 and"),
        (
            lambda: ReduceLROnPlateau(sgd(), patience=-1),
            ValueError,
            "patience is -1; wanted a whole number of at least 0",
        ),
    ],
    ids=lambda x: x[:40] if isinstance(x, str) else "",
)
def test_what_makes_no_schedule_is_refused(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert str(caught.value).startswith(message)


def test_a_function_that_fails_later_leaves_the_epoch_as_it_was():
    schedule = LambdaLR(sgd(), lambda epoch: 1.0 - epoch)
    schedule.step()
    with pytest.raises(ValueError, match=r"lr_lambda\(2\) is -1.0; wanted a finite number, 0 or more"):
        schedule.step()
    assert (schedule.last_epoch, schedule.optimizer.lr) == (1, 0.0)


def test_repr_says_settings_epoch_and_rate():
    schedule = StepLR(sgd(), step_size=2, gamma=0.5)
    rates(schedule, 3)
    assert repr(schedule) == "StepLR(step_size=2, gamma=0.5, epoch 3, lr 0.5)"
    assert repr(ConstantLR(sgd(3.0))) == "ConstantLR(epoch 0, lr 1.0)"


def test_a_schedule_of_ones_own_is_one_formula():
    @dataclass(eq=False, repr=False)
    class Halving(ClosedForm):
        optimizer: object

        def rate(self, epoch):
            return self.base_lr * 0.5**epoch

    schedule = Halving(Adam([Value(1.0)], lr=1.0))
    assert isinstance(schedule, Schedule)
    assert rates(schedule, 3) == [1.0, 0.5, 0.25]
    with pytest.raises(NotImplementedError, match="Halving does not say; define robbins_siegmund"):
        schedule.meets_robbins_siegmund()


@pytest.mark.parametrize(
    ("made", "wrong", "meant"),
    [
        (lambda sgd: StepLR(sgd, step_size=2), "stepsize", "step_size"),
        (lambda sgd: LambdaLR(sgd, float), "last_epochs", None),
        (ReduceLROnPlateau, "patiance", "patience"),
    ],
)
def test_a_setting_misspelt_by_assignment_is_refused(made, wrong, meant):
    schedule = made(SGD([Value(1.0)], lr=1.0))
    with pytest.raises(AttributeError, match=f"has no setting '{wrong}'; there are ") as caught:
        setattr(schedule, wrong, 3)
    assert meant is None or str(caught.value).endswith(f"did you mean '{meant}'?")
    schedule.last_epoch = 1
    schedule.optimizer = SGD([Value(1.0)], lr=1.0)


def test_a_schedule_of_ones_own_may_keep_what_it_likes():
    class Halving(ClosedForm):
        def __init__(self, optimizer):
            self.optimizer = optimizer
            self.halved = 0.5
            super().__post_init__()

        def rate(self, epoch):
            return self.base_lr * self.halved**epoch

    schedule = Halving(SGD([Value(1.0)], lr=1.0))
    schedule.step()
    assert schedule.optimizer.lr == 0.5
