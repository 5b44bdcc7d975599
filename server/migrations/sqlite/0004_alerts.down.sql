drop table notifications;
drop table outbox;
drop table alerts;
drop table alert_rules;
drop table letter_choices;
drop table predictions;
