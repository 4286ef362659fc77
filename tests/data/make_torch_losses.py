"""Write torch_losses.json: values and gradients of PyTorch's losses, in float64, at ordinary and extreme outputs.

Run it with a Python that has PyTorch: python tests/data/make_torch_losses.py. The tests read only what it has written.
"""

import json
from pathlib import Path
from random import Random

import torch
from torch.nn import functional

FUNCTIONS = {
    "squared_error": functional.mse_loss,
    "absolute_error": functional.l1_loss,
    "huber": functional.huber_loss,
    "binary_cross_entropy_with_logits": functional.binary_cross_entropy_with_logits,
    "binary_cross_entropy": functional.binary_cross_entropy,
    "cross_entropy": functional.cross_entropy,
    "negative_log_likelihood": functional.nll_loss,
}

random = Random(0)
cases = []


def add(name, output, target, **settings):
    """One case, of one example; settings are named as PyTorch's, and ours."""
    outputs = torch.tensor(output, dtype=torch.float64, requires_grad=True)
    targets = torch.tensor(target, dtype=torch.long if isinstance(target, int) else torch.float64)
    value = FUNCTIONS[name](outputs, targets, **settings)
    value.backward()
    row = {"loss": name, "settings": settings, "output": output, "target": target}
    cases.append(row | {"value": value.item(), "gradient": outputs.grad.tolist()})


def numbers(n):
    return [round(random.gauss(0, 2), 3) for _ in range(n)]


for n in (1, 1, 3, 3):
    y, t = numbers(n), numbers(n)
    for reduction in ("sum", "mean"):
        add("squared_error", y, t, reduction=reduction)
        add("absolute_error", y, t, reduction=reduction)
        for delta in (0.5, 1.0, 3.0):
            add("huber", y, t, reduction=reduction, delta=delta)

# The kinks: e = 0, and e = delta = 1.
add("absolute_error", [1.0], [1.0])
add("huber", [1.0], [1.0])
add("huber", [2.0], [1.0])

for t in (0.0, 1.0, 0.3):
    for z in (-1000.0, -40.0, -1.5, 0.0, 0.7, 40.0, 1000.0):
        add("binary_cross_entropy_with_logits", z, t)
    for p in (1e-9, 0.25, 0.3, 0.5, 0.999):
        add("binary_cross_entropy", p, t)
# The cut at -100. PyTorch's derivatives there are not those of the values that it gives.
for p, t in ((0.0, 1.0), (0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (1.0, 0.5), (1e-50, 0.5)):
    add("binary_cross_entropy", p, t)
    cases[-1]["gradient"] = None

for logits in ([0.5, -1.0, 2.0], [40.0, 0.0], [-40.0, 0.0, 40.0], [1000.0, -1000.0, 0.0, 40.0], numbers(5)):
    n = len(logits)
    log_probabilities = functional.log_softmax(torch.tensor(logits, dtype=torch.float64), dim=0).tolist()
    for target in (*range(n), [2 * (k + 1) / (n * (n + 1)) for k in range(n)]):
        add("cross_entropy", logits, target)
        if isinstance(target, int):
            add("negative_log_likelihood", log_probabilities, target)

about = f"made by make_torch_losses.py with torch {torch.__version__}"
lines = ",\n".join(json.dumps(case) for case in cases)
Path(__file__).with_name("torch_losses.json").write_text(
    f'{{"about": {json.dumps(about)}, "cases": [\n{lines}\n]}}\n', encoding="utf-8"
)
