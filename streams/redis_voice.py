"""Redis voice: whose scores are under the names that readers know, while two generations of the state keep a copy each.

The generation that speaks has its keys as `<app>:score:…`, a silent one as `<app>:g<generation>:score:…`. A switch renames all of
both in one script: Redis does nothing else meanwhile, so no reader ever sees some of one and some of the other. Each batch of a
writer holds only if `<app>:voice` is still as it was when the writer looked for its place.
"""

from __future__ import annotations

from typing import Final

from streams.generations import FIRST

__all__ = ["LOOK", "SWAP", "WRITE", "WRITTEN", "RedisVoice"]

WRITTEN: Final = "written"
"""What stands behind the prefix of a generation's set of partitions that are wholly written."""

LOOK: Final = """
local voice = redis.call('GET', KEYS[1])
local speaks = voice and string.match(voice, ':(%d+)$') or ARGV[1]
local prefix = (ARGV[2] == '' or speaks == ARGV[2]) and ARGV[3] or ARGV[4]
local found = {prefix, voice or '', redis.call('GET', KEYS[2])}
for nth = 5, #ARGV do found[#found + 1] = redis.call('SMEMBERS', prefix .. 'leaderboards:' .. ARGV[nth]) end
return found
"""
"""Of keys (voice, the writer's mark) and arguments (who speaks where no voice says so, the writer's generation, the readers'
prefix, the writer's own, kinds of subjects): where it writes, what the voice says, its mark, the boards of each kind there."""

WRITE: Final = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
local nth = 2
while nth <= #ARGV do
  local last = nth + ARGV[nth]
  redis.call(unpack(ARGV, nth + 1, last))
  nth = last + 1
end
return 1
"""
"""Of the key voice and arguments (what it said; of each command how many words it has, and these): runs these, if the voice
still says so; 1 if they were run, else 0."""

SWAP: Final = """
local app, to, epoch, partitions = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local voice = redis.call('GET', KEYS[1])
local at, speaks = 0, ARGV[5]
if voice then
  at, speaks = string.match(voice, '^(%d+):(%d+)$')
  if tonumber(at) >= epoch then return 1 end
end
local mine = app .. ':g' .. to .. ':'
local function all(pattern)
  local found, cursor = {}, '0'
  repeat
    local page = redis.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', 1000)
    cursor = page[1]
    for _, key in ipairs(page[2]) do found[key] = true end
  until cursor == '0'
  return found
end
if speaks ~= to then
  if redis.call('SCARD', mine .. 'written') < partitions then return 0 end
  local theirs = app .. ':g' .. speaks .. ':'
  for key in pairs(all(theirs .. '*')) do redis.call('UNLINK', key) end
  for _, kind in ipairs({'score:*', 'leaderboard:*', 'leaderboards:*', 'intervals:*', 'written'}) do
    for key in pairs(all(app .. ':' .. kind)) do redis.call('RENAME', key, theirs .. string.sub(key, #app + 2)) end
  end
  for key in pairs(all(mine .. '*')) do redis.call('RENAME', key, app .. ':' .. string.sub(key, #mine + 1)) end
end
redis.call('SET', KEYS[1], epoch .. ':' .. to)
return 1
"""
"""Of the key voice and arguments (app, generation, number of the switch, partitions, who speaks where no voice says so): makes
what that generation has written what readers see, if it is whole; 1 if that is so now, 0 if it has yet to be written."""


class RedisVoice:
    """Where one writer writes.

    Args:
        app: name of the installation.
        generation: the writer's; None for one that writes what readers see, whoever speaks.
    """

    def __init__(self, app: str, generation: int | None) -> None:
        """Where nobody says otherwise, the first generation speaks."""
        self.key: Final = f"{app}:voice"
        self.readers: Final = f"{app}:"
        """Before the keys that readers know."""
        self.generation = generation
        self.own = f"{app}:" if generation is None else f"{app}:g{generation}:"
        self.spoken_since: int | None = None if generation not in (None, FIRST) else 0
        """By the number of which switch this generation speaks, as Kafka has it; None: another one does."""

    def look_arguments(self, kinds: list[str]) -> list[str]:
        """What `LOOK` asks for."""
        mine = "" if self.generation is None else str(self.generation)
        return [self.otherwise, mine, self.readers, self.own, *kinds]

    @property
    def otherwise(self) -> str:
        """Who speaks, as far as is known here, where no voice says so: an emptied Redis."""
        if self.generation is None:
            return str(FIRST)
        return str(self.generation) if self.spoken_since is not None else ""

    @property
    def word(self) -> str | None:
        """What is to stand in `key` where nothing does; None where that is not this one's to say."""
        return (
            None if self.spoken_since is None or self.generation is None else f"{self.spoken_since}:{self.generation}"
        )
