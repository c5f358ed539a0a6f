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
--
-- Answers "written", the time, then one text an event: its stream id | "=" stream id, event id of the one that was said
-- before | "!" stream id of the one it contradicts (none: it is in this write).
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

-- Five arguments an event, read where they lie: a table for each would be half of this script's time.
local event_count = tonumber(take())
local events_from = at
at = at + event_count * 5
local function event_key(index) return ARGV[events_from + index * 5 - 4] end
local function event_digest(index) return ARGV[events_from + index * 5 - 3] end

-- What is known of each event's key, a few hundred at a time: `unpack` has an end.
local formers = {}
for from = 1, event_count, 500 do
  local names = {}
  for index = from, math.min(from + 499, event_count) do names[#names + 1] = event_key(index) end
  local found = redis.call('HMGET', idempotency, unpack(names))
  for offset = 1, #names do formers[from + offset - 1] = found[offset] end
end

-- What becomes of each event: the text of the answer, the number of the event it repeats, or nil: to be said.
local outcomes, first_with = {}, {}
for index = 1, event_count do
  local key, former, first = event_key(index), formers[index], nil
  local digest, stream_id, id
  if former then
    stream_id, digest, id = string.match(former, '^(%S+) (%S+) (%S+)$')
    outcomes[index] = '=' .. stream_id .. ' ' .. id
  else
    first = first_with[key]
    if first then
      digest = event_digest(first)
      outcomes[index] = first
    else
      first_with[key] = index
    end
  end
  if (former or first) and digest ~= event_digest(index) then
    if mode == 'all' then return { 'conflict', now_text, index, stream_id or '' } end
    outcomes[index] = '!' .. (stream_id or '')
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
local entered = {}
if event_count > 0 then
  local before, after = ',"time":"' .. rfc3339(now) .. '","sequence":"', '","epoch":"' .. epoch .. '"}'
  for index = 1, event_count do
    if outcomes[index] == nil then
      said = said + 1
      local own = events_from + index * 5
      local text = ARGV[own] .. before .. string.format('%016d', sequence + said) .. after
      local stream_id = redis.call('XADD', stream, '*', 'event', text, 'type', ARGV[own - 1])
      outcomes[index] = stream_id
      entered[#entered + 1] = ARGV[own - 4]
      entered[#entered + 1] = stream_id .. ' ' .. ARGV[own - 3] .. ' ' .. ARGV[own - 2]
    end
  end
end
for from = 1, #entered, 1000 do
  redis.call('HSET', idempotency, unpack(entered, from, math.min(from + 999, #entered)))
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

local answer = { 'written', now_text }
for index = 1, event_count do
  local outcome = outcomes[index]
  if type(outcome) == 'number' then
    local first = events_from + outcome * 5
    outcome = '=' .. outcomes[outcome] .. ' ' .. ARGV[first - 2]
  end
  answer[index + 2] = outcome
end
return answer
