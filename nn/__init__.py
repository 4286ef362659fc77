"""Neural networks of scalar Values: modules, losses, optimisers, training, data."""
from nn.layers import MLP, Layer, Neuron
from nn.module import Module
