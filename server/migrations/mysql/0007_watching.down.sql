drop table source_failures;
drop table performance_weeks;
drop table baselines;
drop table watch_states;
drop table drift_columns;
drop table drift_checks;
