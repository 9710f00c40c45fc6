-- What a window of a budget has spent, and what processes hold of it. Amounts are micro-dollars or tokens.
create table headgate_budget_windows (
  budget text not null,
  subject text not null,
  unit text not null,
  window_start timestamptz not null,
  window_end timestamptz not null,
  spent bigint not null default 0,
  held bigint not null default 0,
  primary key (budget, subject, unit, window_start)
);

create index headgate_budget_windows_end on headgate_budget_windows (window_end);

-- A process may spend what it holds without asking anybody: so limits hold while the database is out of reach.
create table headgate_budget_leases (
  process_id text not null,
  budget text not null,
  subject text not null,
  unit text not null,
  window_start timestamptz not null,
  held bigint not null,
  -- Of what it holds, what calls under way may cost, and what other calls wait for on top: as the process last said.
  reserved bigint not null default 0,
  wanted bigint not null default 0,
  primary key (process_id, budget, subject, unit, window_start)
);

create index headgate_budget_leases_window on headgate_budget_leases (budget, subject, unit, window_start);

-- Live processes say so every few seconds.
create table headgate_processes (
  id text primary key,
  seen_at timestamptz not null
);
