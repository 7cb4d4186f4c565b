package redis

import goredis "github.com/redis/go-redis/v9"

// What is counted lies in these keys. The braces put all of them into one slot, for
// proxies in front of a cluster:
//
//	{prefix}:bucket:RULE:KEY         hash: at (microseconds), r and t (requests and tokens
//	                                 of the last minute), d and u (day and its tokens)
//	                  ...:slots      sorted set: who runs, by the end of the lease
//	                  ...:line       sorted set: who waits, by round: a caller has one place in
//	                                 each, which gives the turns of package fair
//	                  ...:alive      sorted set: who waits, by the end of its ticket
//	                  ...:rounds     hash: the newest round of each caller; "" is the
//	                                 round that was served last
//	{prefix}:buckets                 sorted set: the buckets, by the time of their use
//	{prefix}:amount:WINDOW:START:KEY number
//
// A script is one step for all of them. Times are Redis's own, so that nodes need not
// agree on theirs; tests pass theirs.

// admit takes what a request needs of every bucket, or joins a line, or neither.
//
// KEYS: the index, then the bucket of each match. ARGV: time, channel, id, caller, lease
// and ticket in microseconds, the number of the match whose line the request is in or 0,
// and for each match its limits (requests, tokens, tokens of a day, places or 0), queue
// and tokens.
//
// It gives "ok", the time and the tokens of each bucket before; "wait" and the number of
// a match; or "refused", the number of a match and the kind of limit.
var admit = goredis.NewScript(common + `
local id, caller, lease, ticket, waiting = ARGV[3], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local matches = {}
for i = 1, #KEYS - 1 do
	local at = 8 + (i - 1) * 6
	local function arg(n) return tonumber(ARGV[at + n]) end
	matches[i] = {rpm = arg(0), tpm = arg(1), tpd = arg(2), places = arg(3), queue = arg(4), tokens = arg(5), key = KEYS[i + 1]}
end

local function unqueue(served)
	if waiting == 0 then return end
	local m = matches[waiting]
	drop(m.key, id, served)
	notify(m.key, m.places)
end

local function refuse(i, kind)
	unqueue(true)
	return {'refused', i, kind}
end

local full = 0
for i, m in ipairs(matches) do
	local b = load(m.key, m.rpm, m.tpm)
	m.bucket = b
	if m.rpm > 0 and b.r + 1 > m.rpm + 1e-6 then return refuse(i, 'requestsPerMinute') end
	if m.tpm > 0 and m.tokens > 0 and b.t + m.tokens > m.tpm + 1e-6 then return refuse(i, 'tokensPerMinute') end
	if m.tpd > 0 and m.tokens > 0 and b.u + m.tokens > m.tpd then return refuse(i, 'tokensPerDay') end
	if m.places > 0 then
		purge(m.key)
		local ahead = waiting == i and redis.call('ZRANK', m.key .. ':line', id)
		m.queued = ahead
		if not ahead then ahead = redis.call('ZCARD', m.key .. ':line') end
		if full == 0 and redis.call('ZCARD', m.key .. ':slots') + ahead >= m.places then full = i end
	end
end

local function touch(key, time)
	redis.call('PEXPIRE', key, string.format('%.0f', time / 1000 * 2))
end

if full > 0 then
	local m = matches[full]
	if not m.queued then
		if redis.call('ZCARD', m.key .. ':line') >= m.queue then return refuse(full, 'concurrent') end
		unqueue(true)
		local rounds = redis.call('HMGET', m.key .. ':rounds', '', caller)
		local served, own = tonumber(rounds[1]) or 0, tonumber(rounds[2]) or 0
		if redis.call('HLEN', m.key .. ':rounds') > 2 * m.queue + 16 then redis.call('DEL', m.key .. ':rounds') end
		local round = math.max(served, own) + 1
		redis.call('HSET', m.key .. ':rounds', '', served, caller, round)
		redis.call('ZADD', m.key .. ':line', round, id)
	end
	redis.call('ZADD', m.key .. ':alive', number(now + ticket), id)
	for _, part in ipairs({':line', ':alive', ':rounds'}) do touch(m.key .. part, ticket) end
	return {'wait', full}
end

unqueue(true)
local taken = {'ok', number(now)}
for i, m in ipairs(matches) do
	local b = m.bucket
	taken[i + 2] = number(b.t)
	if m.rpm > 0 then b.r = b.r + 1 end
	if m.tpm > 0 then b.t = b.t + m.tokens end
	if m.tpd > 0 then b.u = b.u + m.tokens end
	save(b)
	if m.places > 0 then
		redis.call('ZADD', m.key .. ':slots', number(now + lease), id)
		touch(m.key .. ':slots', lease)
	end
	if redis.call('ZADD', KEYS[1], number(now), m.key) == 1 and redis.call('ZCARD', KEYS[1]) > 10000 then
		redis.call('ZPOPMIN', KEYS[1])
	end
end
return taken
`)

// settle ends a request. KEYS: the bucket of each match. ARGV: time, channel, id, the
// time when it was taken, the tokens that were used, and for each match its limits
// (requests, tokens, tokens of a day, places or 0), the tokens that were reserved, and
// those of the bucket before.
var settle = goredis.NewScript(common + `
local id, taken, used = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
for i, key in ipairs(KEYS) do
	local at = 6 + (i - 1) * 6
	local function arg(n) return tonumber(ARGV[at + n]) end
	local rpm, tpm, tpd, places, reserved, before = arg(0), arg(1), arg(2), arg(3), arg(4), arg(5)
	if tpm > 0 or tpd > 0 then
		local b = load(key, rpm, tpm)
		if tpm > 0 then
			local drained = before - tpm * math.max(0, now - taken) / 60000000
			b.t = math.max(0, b.t + math.max(0, drained + used) - math.max(0, drained + reserved))
		end
		-- Redis may have lost what was reserved.
		if tpd > 0 and math.floor(taken / 86400000000) == today then b.u = math.max(0, b.u + used - reserved) end
		save(b)
	end
	if places > 0 then
		redis.call('ZREM', key .. ':slots', id)
		purge(key)
		notify(key, places)
	end
end
`)

// leave gives a place in a line up. KEYS: the bucket. ARGV: time, channel, id, places.
var leave = goredis.NewScript(common + `
drop(KEYS[1], ARGV[3], false)
purge(KEYS[1])
notify(KEYS[1], tonumber(ARGV[4]))
`)

// vacate gives up what a request may have in buckets: a place, or one in a line. KEYS:
// the buckets. ARGV: time, channel, id, and for each bucket its places.
var vacate = goredis.NewScript(common + `
for i, key in ipairs(KEYS) do
	redis.call('ZREM', key .. ':slots', ARGV[3])
	drop(key, ARGV[3], false)
	purge(key)
	notify(key, tonumber(ARGV[3 + i]))
end
`)

// renew makes leases last longer. KEYS: the bucket. ARGV: time, channel, lease in
// microseconds, ids.
var renew = goredis.NewScript(common + `
local key = KEYS[1] .. ':slots'
for i = 4, #ARGV do
	redis.call('ZADD', key, 'XX', number(now + tonumber(ARGV[3])), ARGV[i])
end
redis.call('PEXPIRE', key, string.format('%.0f', tonumber(ARGV[3]) / 1000 * 2))
`)

// look tells what is used of a bucket: requests, tokens, those of the day, how many run
// and how many wait. KEYS: the index, the bucket. ARGV: time, channel, limits of requests
// and tokens. An idle bucket leaves the index.
var look = goredis.NewScript(common + `
local b = load(KEYS[2], tonumber(ARGV[3]), tonumber(ARGV[4]))
purge(KEYS[2])
local running, waiting = redis.call('ZCARD', KEYS[2] .. ':slots'), redis.call('ZCARD', KEYS[2] .. ':line')
if b.r == 0 and b.t == 0 and b.u == 0 and running == 0 and waiting == 0 then redis.call('ZREM', KEYS[1], KEYS[2]) end
return {number(b.r), number(b.t), number(b.u), running, waiting}
`)

// reserve adds to sums. KEYS: the sums. ARGV: the amount, and the limit of each. It
// gives "ok" and the sums after; "unknown" and the number of a sum that is not there; or
// "exceeded", the number of a sum, and the sum.
var reserve = goredis.NewScript(`
local amount = tonumber(ARGV[1])
local sums = redis.call('MGET', unpack(KEYS))
for i = 1, #KEYS do
	if not sums[i] then return {'unknown', i} end
end
for i = 1, #KEYS do
	local limit, used = tonumber(ARGV[i + 1]), tonumber(sums[i])
	if limit > 0 and (used >= limit or used + amount > limit) then return {'exceeded', i, sums[i]} end
end
local taken = {'ok'}
for i, key in ipairs(KEYS) do
	taken[i + 1] = redis.call('INCRBY', key, ARGV[1])
end
return taken
`)

// correct adds to sums that are still there. KEYS: the sums. ARGV: the amount.
var correct = goredis.NewScript(`
for _, key in ipairs(KEYS) do
	if redis.call('EXISTS', key) == 1 then redis.call('INCRBY', key, ARGV[1]) end
end
`)

// raise makes a sum that is still there no less than an amount. KEYS: the sum. ARGV: the
// amount.
var raise = goredis.NewScript(`
local sum = redis.call('GET', KEYS[1])
local lacks = sum and tonumber(ARGV[1]) - tonumber(sum) or 0
if lacks > 0 then redis.call('INCRBY', KEYS[1], string.format('%.0f', lacks)) end
`)
