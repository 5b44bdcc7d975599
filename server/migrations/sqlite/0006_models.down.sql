drop table model_checks;
drop table shadow_forecasts;
drop table shadows;
drop table model_events;
drop table trainings;
