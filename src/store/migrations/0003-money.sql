alter table headgate_keys add column team text;

alter table headgate_requests
  add column team text,
  add column saved_input_tokens bigint,
  add column saved_output_tokens bigint,
  add column saved_micro_usd bigint,
  add column rule_set text,
  -- What rule sets were told of the call: other sets can be tried on it.
  add column route_features json;

-- Settings that are changed while servers run.
create table headgate_switches (
  name text primary key,
  value text not null,
  previous text,
  changed_at timestamptz not null
);
