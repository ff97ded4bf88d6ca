"""The hockey stick of a pair that is shown with probability 1 - K, from that of the pair."""

from dpaccount.proving.solver import holds, maximum, reals


def prove(theorem):
    kept, grown, p1, p2, q1, q2 = reals("kept grown p1 p2 q1 q2")
    laws = [kept >= 0, kept <= 1, grown >= 0, p1 >= 0, p2 >= 0, q1 >= 0, q2 >= 0]
    laws += [p1 + p2 == 1, q1 + q2 == 1]

    def part(p, q):
        return maximum(p - grown * q, 0)

    inside = part(p1, q1) + part(p2, q2)
    # outputs: shown to be the first law, shown to be the second, and the pair's own two
    whole = part(1 - kept, 0) + part(0, 1 - kept)
    whole += part(kept * p1, kept * q1) + part(kept * p2, kept * q2)
    holds(whole == theorem(kept, inside), *laws, what="the hockey stick is 1 - K (1 - h)")
