-- Clusters that join take their retractions with them.
create index retraction_by_cluster on retraction (cluster_id);
