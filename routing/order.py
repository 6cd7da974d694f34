"""Order the arcs of a network for its hierarchy of ways: the only module that knows routingkit_cch."""

from dataclasses import replace

import numpy as np
import routingkit_cch

from routing.network import E7, Floats, Ints, RoadNetwork


def with_order(network: RoadNetwork) -> RoadNetwork:
    """Give the network its order: which arcs the hierarchy contracts first.

    It is found for stretches, neighbours where a turn joins them, by inertial flow on positions (Schild & Sommer, On
    Balanced Separators in Road Networks, SEA 2015, doi 10.1007/978-3-319-20086-6_22): half the work, and the two arcs
    of a road stand side by side. It depends on roads and turns, not on speeds or closed streets: it is made once, at
    the import.
    """
    count = len(network.stretch_way)
    origin, target = network.arc_stretch[network.turn_from], network.arc_stretch[network.turn_to]
    joined = np.minimum(origin, target).astype(np.int64) * count + np.maximum(origin, target)
    low, high = np.divmod(np.unique(joined[origin != target]), count)
    first, last = network.shape_start[:-1], network.shape_start[1:] - 1
    lat, lon = (_between(shape[first], shape[last]) for shape in (network.shape_lat, network.shape_lon))
    order = routingkit_cch.compute_order_inertial(count, low.tolist(), high.tolist(), lat.tolist(), lon.tolist())
    arcs = network.stretch_arcs[np.array(order, np.int64)].ravel()
    return replace(network, arc_order=arcs[arcs >= 0])


def _between(first: Ints, last: Ints) -> Floats:
    return (first / E7 + last / E7) / 2
