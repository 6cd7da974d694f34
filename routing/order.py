"""Order the arcs of a network for its hierarchy of ways: the only module that knows routingkit_cch."""

from dataclasses import replace

import numpy as np
import routingkit_cch

from routing.network import E7, RoadNetwork


def with_order(network: RoadNetwork) -> RoadNetwork:
    """Give the network its order: which arcs the hierarchy contracts first (inertial flow on positions).

    The order depends on roads and turns, not on speeds or closed streets: it is made once, at the import. Source:
    Schild & Sommer, On Balanced Separators in Road Networks, SEA 2015, doi 10.1007/978-3-319-20086-6_22.
    """
    lat = (network.node_lat[network.arc_tail] / E7 + network.node_lat[network.arc_head] / E7) / 2
    lon = (network.node_lon[network.arc_tail] / E7 + network.node_lon[network.arc_head] / E7) / 2
    order = routingkit_cch.compute_order_inertial(
        len(network.arc_tail), network.turn_from.tolist(), network.turn_to.tolist(), lat.tolist(), lon.tolist()
    )
    return replace(network, arc_order=np.array(order, np.int32))
