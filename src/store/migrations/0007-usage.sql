-- What calls have taken and cost, added up in the transaction that stores their records.
create table headgate_usage (
  -- UTC, of the calls' starts.
  hour timestamptz not null,
  tenant text not null,
  key_id text,
  team text,
  endpoint text,
  surface text not null,
  tier text,
  provider text,
  model text,
  cache text not null,
  -- Names may be longer than an index takes.
  names_hash uuid not null generated always as (md5(
    quote_nullable(tenant) || ',' || quote_nullable(key_id) || ',' || quote_nullable(team) || ','
    || quote_nullable(endpoint) || ',' || quote_nullable(surface) || ',' || quote_nullable(tier) || ','
    || quote_nullable(provider) || ',' || quote_nullable(model) || ',' || quote_nullable(cache))::uuid) stored,
  requests bigint not null,
  errors bigint not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cached_input_tokens bigint not null,
  -- Of the requests whose price is known.
  cost_micro_usd bigint not null,
  unpriced_requests bigint not null,
  saved_input_tokens bigint not null,
  saved_output_tokens bigint not null,
  saved_micro_usd bigint not null,
  primary key (hour, names_hash)
);

insert into headgate_usage (
  hour, tenant, key_id, team, endpoint, surface, tier, provider, model, cache,
  requests, errors, input_tokens, output_tokens, cached_input_tokens, cost_micro_usd, unpriced_requests,
  saved_input_tokens, saved_output_tokens, saved_micro_usd)
select
  date_trunc('hour', started_at, 'UTC'), tenant, key_id, team, endpoint, surface, tier, provider, model, cache,
  count(*), count(*) filter (where status = 'error'), sum(input_tokens), sum(output_tokens), sum(cached_input_tokens),
  coalesce(sum(cost_micro_usd), 0), count(*) filter (where cost_micro_usd is null),
  sum(saved_input_tokens), sum(saved_output_tokens), sum(saved_micro_usd)
from headgate_requests
group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10;

-- Thresholds of budgets that were passed: each once for a window, whichever process saw it first.
create table headgate_budget_alerts (
  -- The webhook's id, the same in each attempt to send it.
  id text primary key,
  budget text not null,
  subject text not null,
  unit text not null,
  window_start timestamptz not null,
  threshold double precision not null,
  body text not null,
  claimed_at timestamptz not null,
  attempts integer not null default 0,
  -- Null: it is not to be sent, or not any more.
  next_attempt_at timestamptz,
  unique (budget, subject, unit, window_start, threshold)
);

create index headgate_budget_alerts_next_attempt on headgate_budget_alerts (next_attempt_at)
  where next_attempt_at is not null;
create index headgate_budget_alerts_claimed_at on headgate_budget_alerts (claimed_at);
