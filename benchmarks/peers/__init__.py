"""What gnnrec is measured against: programs as people write them with the usual libraries."""
