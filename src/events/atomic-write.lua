#!lua
-- One atomic write. Guards, then every check, then the writes: Lua has no rollback, so nothing may fail once the first
-- write is done. That is why key types, counters and idempotency are looked at before anything is changed.
--
-- Without flags, so Redis refuses the whole script while its memory is full, before the first write.
--
-- KEYS  meta, stream, idempotency, then every key that a guard or op names
-- ARGV  a fresh epoch (used where the log has none), "all" or "each", one letter of type per key; then
--       how many guards, 4 each: L key token - | F key field expected | V key - expected   (expected: "-" or "=value")
--       how many events, 5 each: idempotency key, payload digest, event id, type, envelope without its last brace
--       how many ops: command, key, how many arguments, the arguments
-- "all": an event whose key is known with another payload stops the write. "each": the events are independent of one
-- another, that one alone is not said.
local at = 0
local function take()
  at = at + 1
  return ARGV[at]
end

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local now_text = string.format('%.0f', now)
local meta, stream, idempotency = KEYS[1], KEYS[2], KEYS[3]
local fresh_epoch, mode, letters = take(), take(), take()
local types = { s = 'string', h = 'hash', z = 'zset', l = 'list', x = 'stream' }

for index = 1, #KEYS do
  local letter = string.sub(letters, index, index)
  local found = redis.call('TYPE', KEYS[index]).ok
  if letter ~= '*' and found ~= 'none' and found ~= types[letter] then
    return { 'wrong_type', now_text, KEYS[index], found }
  end
end

local function is(found, expected)
  if expected == '-' then return not found end
  return found == string.sub(expected, 2)
end

for guard = 1, tonumber(take()) do
  local kind, key, name, expected = take(), KEYS[tonumber(take())], take(), take()
  local holds
  if kind == 'L' then
    local lease = redis.call('HMGET', key, 'token', 'expires_at')
    holds = lease[1] == name and lease[2] and tonumber(lease[2]) > now
  elseif kind == 'F' then
    holds = is(redis.call('HGET', key, name), expected)
  else
    holds = is(redis.call('GET', key), expected)
  end
  if not holds then return { 'guard_failed', now_text, guard } end
end

-- What becomes of each event: a former one (stream id, event id), a conflict, or nil: to be said.
local event_count = tonumber(take())
local events, outcomes, first_with = {}, {}, {}
for index = 1, event_count do
  local event = { key = take(), digest = take(), id = take(), type = take(), text = take() }
  events[index] = event
  local former = redis.call('HGET', idempotency, event.key)
  local digest, stream_id, id
  if former then
    stream_id, digest, id = string.match(former, '^(%S+) (%S+) (%S+)$')
    outcomes[index] = { stream_id, id, 1 }
  elseif first_with[event.key] then
    digest = events[first_with[event.key]].digest
    outcomes[index] = first_with[event.key]
  else
    first_with[event.key] = index
  end
  if (former or outcomes[index]) and digest ~= event.digest then
    if mode == 'all' then return { 'conflict', now_text, index, stream_id or '', id or '' } end
    outcomes[index] = { stream_id or '', id or '', 2 }
  end
end

local op_count = tonumber(take())
local ops = {}
for index = 1, op_count do
  local op = { command = take(), key = KEYS[tonumber(take())], count = tonumber(take()), from = at + 1 }
  at = at + op.count
  ops[index] = op
  if op.command == 'HINCRBY' then
    local counter = redis.call('HGET', op.key, ARGV[op.from])
    if counter and not string.match(counter, '^-?%d+$') then return { 'wrong_type', now_text, op.key, 'no number' } end
  end
end

local epoch, sequence
if event_count > 0 then
  local known = redis.call('HMGET', meta, 'epoch', 'sequence')
  epoch, sequence = known[1] or fresh_epoch, tonumber(known[2] or '0')
  if not sequence then return { 'wrong_type', now_text, meta, 'no number' } end
  if not known[1] then sequence = 0 end
end

-- RFC 3339 of a time in ms (proleptic Gregorian, from days since 1970).
local function rfc3339(ms)
  local floor = math.floor
  local day = floor(ms / 86400000)
  local rest = ms - day * 86400000
  local shifted = day + 719468
  local era = floor(shifted / 146097)
  local day_of_era = shifted - era * 146097
  local year_of_era =
    floor((day_of_era - floor(day_of_era / 1460) + floor(day_of_era / 36524) - floor(day_of_era / 146096)) / 365)
  local day_of_year = day_of_era - (365 * year_of_era + floor(year_of_era / 4) - floor(year_of_era / 100))
  local shifted_month = floor((5 * day_of_year + 2) / 153)
  local month = shifted_month < 10 and shifted_month + 3 or shifted_month - 9
  return string.format('%04d-%02d-%02dT%02d:%02d:%02d.%03dZ',
    year_of_era + era * 400 + (month <= 2 and 1 or 0), month, day_of_year - floor((153 * shifted_month + 2) / 5) + 1,
    floor(rest / 3600000), floor(rest / 60000) % 60, floor(rest / 1000) % 60, rest % 1000)
end

-- From here on there are only writes.
local said = 0
local time_text = event_count > 0 and rfc3339(now)
for index = 1, event_count do
  local event, outcome = events[index], outcomes[index]
  if outcome == nil then
    said = said + 1
    local text = string.format(',"time":"%s","sequence":"%016d","epoch":"%s"}', time_text, sequence + said, epoch)
    local stream_id = redis.call('XADD', stream, '*', 'event', event.text .. text, 'type', event.type)
    redis.call('HSET', idempotency, event.key, stream_id .. ' ' .. event.digest .. ' ' .. event.id)
    outcomes[index] = { stream_id, event.id, 0 }
  elseif type(outcome) == 'number' then
    outcomes[index] = { outcomes[outcome][1], outcomes[outcome][2], 1 }
  end
end
if said > 0 then
  redis.call('HSET', meta, 'layout', '1', 'epoch', epoch, 'sequence', string.format('%.0f', sequence + said))
end

for index = 1, op_count do
  local op = ops[index]
  if op.command == 'RPUSH' then
    redis.call('RPUSH', op.key, ARGV[op.from])
    redis.call('LTRIM', op.key, -tonumber(ARGV[op.from + 1]), -1)
  else
    redis.call(op.command, op.key, unpack(ARGV, op.from, op.from + op.count - 1))
  end
end

local flat = { 'written', now_text }
for index = 1, event_count do
  for part = 1, 3 do flat[#flat + 1] = outcomes[index][part] end
end
return flat
