#!lua flags=allow-oom
-- Removes the oldest entries, all below one id, only while every group has handled them. Allowed when memory is full:
-- it is what makes room.
--
-- KEYS  meta, stream, idempotency, then the cursor of each group
-- ARGV  the lowest id that stays, the sequence of the last one that goes, how many groups there are, then the
--       idempotency keys that go with their events
local function below(a, b)
  local a_ms, a_serial = string.match(a, '^(%d+)-(%d+)$')
  local b_ms, b_serial = string.match(b, '^(%d+)-(%d+)$')
  if a_ms ~= b_ms then return tonumber(a_ms) < tonumber(b_ms) end
  return tonumber(a_serial) < tonumber(b_serial)
end

local stays, last, groups = ARGV[1], ARGV[2], tonumber(ARGV[3])
if redis.call('TYPE', KEYS[2]).ok ~= 'stream' then return 0 end
if #redis.call('XINFO', 'GROUPS', KEYS[2]) ~= groups then return -1 end
for index = 4, #KEYS do
  local handled = redis.call('HGET', KEYS[index], 'stream_id')
  local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
  if not handled or not first then return -1 end
  -- Everything below `stays` is handled when the last of it is.
  local newest = redis.call('XREVRANGE', KEYS[2], '(' .. stays, '-', 'COUNT', 1)[1]
  if newest and below(handled, newest[1]) then return -1 end
end
local removed = redis.call('XTRIM', KEYS[2], 'MINID', '=', stays)
if removed > 0 then redis.call('HSET', KEYS[1], 'trimmed', last) end
for index = 4, #ARGV do redis.call('HDEL', KEYS[3], ARGV[index]) end
return removed
