create table headgate_keys (
  id text primary key,
  name text not null,
  tenant text not null,
  scopes text[] not null,
  sha256 text not null unique,
  created_at timestamptz not null,
  revoked_at timestamptz
);

-- One partition per UTC day, so that retention drops whole tables instead of deleting rows.
create table headgate_requests (
  request_id uuid not null,
  started_at timestamptz not null,
  duration_ms double precision not null,
  first_part_ms double precision,
  surface text not null,
  tenant text not null,
  key_id text,
  endpoint text,
  contract integer,
  prompt_version text,
  prompt_sha256 text,
  snapshot_id text not null,
  tier text,
  rule text,
  provider text,
  model text,
  status text not null,
  error_code text,
  finish_reason text,
  is_stream boolean not null,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cached_input_tokens bigint not null default 0,
  cache_write_tokens bigint not null default 0,
  reasoning_tokens bigint not null default 0,
  is_usage_estimated boolean not null default false,
  -- Null: the price of a model call is unknown.
  cost_micro_usd bigint,
  cache text not null,
  attempts integer not null,
  -- Not jsonb: they are written on every request and read one at a time.
  attempt_details json not null default '[]',
  rungs json not null default '[]',
  primary key (request_id, started_at)
) partition by range (started_at);

create index headgate_requests_started_at on headgate_requests (started_at);
