"""Pictures of networks and of what they learn, drawn by matplotlib: `pip install 'scalar-autograd[viz]'`.

| picture                       | what it shows                                                                      |
|-------------------------------|------------------------------------------------------------------------------------|
| network                       | units, weights by sign and size, the numbers of one example                        |
| decision_regions              | two or K classes over the plane, how sure, the points, the wrong ones              |
| hidden_units, bent_plane      | each unit's output over the plane; the plane as a layer bends it                   |
| learning_curves               | loss and accuracy of training and validation, the best epoch, early stopping       |
| weight_histograms             | the weights of each layer                                                          |
| gradient_sizes                | the derivatives of each layer, of one network or several                           |
| descent                       | steps down a curve, with learning rates too small and too large                    |
| paths_on_contour              | the paths of optimisers, which `path` follows                                      |
| activations, loss_curves      | functions and their derivatives                                                    |
| pieces                        | what the hidden units add up to                                                    |
| error_vectors, predictions    | errors as arrows; predicted against true                                           |
| digits, weight_images         | images with decisions; the first layer's weights as images                         |
| confusion_matrix              | which class was taken for which                                                    |
| perceptron_lines              | the line that the perceptron's rule moves                                          |
| animated_training             | any picture of the plane as training goes on, from `Snapshots`                     |
| animated_paths                | optimisers on their way                                                            |
| animated_perceptron           | the line as it moves                                                               |

`save` writes an animation as GIF; `write` the pictures that suit a trained network into a folder.

Each takes `ax=`, matplotlib's Axes to draw on, by default those of a new figure. It returns these Axes, or the list of
panels that took their place where it shows several. How networks compute and learn, these modules do not know.
"""

from nn.plots.animations import Snapshots, animated_paths, animated_perceptron, animated_training, save
from nn.plots.curves import learning_curves
from nn.plots.decisions import confusion_matrix
from nn.plots.fits import error_vectors, pieces, predictions
from nn.plots.functions import activations, loss_curves
from nn.plots.gallery import write
from nn.plots.images import digits, weight_images
from nn.plots.lines import perceptron_lines
from nn.plots.networks import network
from nn.plots.parameters import gradient_sizes, weight_histograms
from nn.plots.paths import descent, path, paths_on_contour
from nn.plots.regions import decision_regions
from nn.plots.units import bent_plane, hidden_units

__all__ = [
    "Snapshots",
    "activations",
    "animated_paths",
    "animated_perceptron",
    "animated_training",
    "bent_plane",
    "confusion_matrix",
    "decision_regions",
    "descent",
    "digits",
    "error_vectors",
    "gradient_sizes",
    "hidden_units",
    "learning_curves",
    "loss_curves",
    "network",
    "path",
    "paths_on_contour",
    "perceptron_lines",
    "pieces",
    "predictions",
    "save",
    "weight_histograms",
    "weight_images",
    "write",
]
