drop table archive_files;
drop table ingest_progress;
drop table quarantine;
drop table gaps;
drop table candles;
