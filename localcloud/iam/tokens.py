"""The access tokens of a world: whose they are, for whoever takes a call and whoever makes one."""

from localcloud.wire.identities import Identities
from localcloud.world import Part

TOKENS: Part[Identities] = Part("tokens", lambda _: Identities())
