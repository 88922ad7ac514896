"""The suite's own program, except that it listens on loopback only.

Its server binds every interface, whatever its URL says. Python 2.
"""

from autobahntestsuite import choosereactor  # noqa: F401, which has to come before the reactor
from twisted.internet import reactor

listen = reactor.listenTCP


def on_loopback(port, factory, backlog=50, interface=""):
    return listen(port, factory, backlog, "127.0.0.1")


reactor.listenTCP = on_loopback

from autobahntestsuite import wstest  # noqa: E402

wstest.run()
